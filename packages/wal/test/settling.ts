import type { SimulatedDisk } from "@laminar/disk/testing";

/** More turns of the event loop than anything on a simulated disk takes, where nothing waits for the outside. */
const TURNS = 400;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Lets everything run that can. */
export async function rest(turns = 20): Promise<void> {
  for (let i = 0; i < turns; i++) await turn();
}

/** Whether `promise` settles without the outside's doing, nor time's. */
export async function settles(promise: Promise<unknown>): Promise<boolean> {
  const state = { settled: false };
  const settle = (): void => void (state.settled = true);
  promise.then(settle, settle);
  for (let i = 0; i < TURNS && !state.settled; i++) await turn();
  return state.settled;
}

/** What `promise` settles with. Throws when it hangs: when it is pending though nothing is left to run, even after a minute of the disk's time. */
export async function outcomeOf<T>(disk: SimulatedDisk, what: string, promise: Promise<T>): Promise<{ readonly value: T } | { readonly error: unknown }> {
  const outcome = promise.then((value) => ({ value }), (error: unknown) => ({ error }));
  if (await settles(outcome)) return outcome;
  disk.advance(60_000);
  if (await settles(outcome)) return outcome;
  throw new Error(`${what} hangs`);
}

/** Rejections that nobody handles, while it watches. */
export class UnhandledRejections {
  readonly seen: unknown[] = [];
  readonly #listener = (reason: unknown): void => void this.seen.push(reason);

  watch(): void {
    process.on("unhandledRejection", this.#listener);
  }

  end(): void {
    process.off("unhandledRejection", this.#listener);
  }
}
