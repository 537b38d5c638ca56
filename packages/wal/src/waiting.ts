import type { AbortSignalLike } from "./log.ts";

/** Something that may happen: `wake` is called when it does, and the function that is returned takes that back. */
export type Happening = (wake: () => void) => () => void;

/** Something that happens again and again, and wakes whoever waits for it then. */
export class Announcement {
  readonly #waiting = new Set<() => void>();

  readonly next: Happening = (wake) => {
    this.#waiting.add(wake);
    return () => void this.#waiting.delete(wake);
  };

  announce(): void {
    for (const wake of this.#waiting) wake();
  }
}

/** Resolves with the first of `happenings` and leaves nothing behind. Keeps the program alive: whoever waits isn't done. */
export async function firstOf(happenings: readonly Happening[]): Promise<void> {
  // The clock's timers let a program end.
  const keepAlive = setInterval(() => undefined, 0x7fff_ffff);
  const takeBack: (() => void)[] = [];
  await new Promise<void>((wake) => {
    for (const happening of happenings) takeBack.push(happening(wake));
  });
  for (const cancel of takeBack) cancel();
  clearInterval(keepAlive);
}

/** That `signal` aborts. */
export const abortOf = (signal: AbortSignalLike | undefined): Happening => (wake) => {
  signal?.addEventListener("abort", wake);
  return () => signal?.removeEventListener("abort", wake);
};

/** Throws the signal's reason once it is aborted. */
export function throwIfAborted(signal: AbortSignalLike | undefined): void {
  if (signal?.aborted) throw signal.reason ?? Object.assign(new Error("the read was aborted"), { name: "AbortError" });
}
