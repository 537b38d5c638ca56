import { join } from "node:path";
import { isDiskError, type Clock, type Disk } from "../src/index.ts";
import { createSimulatedDisk } from "../src/testing/index.ts";
import { watchedDisk } from "./watched-disk.ts";

/** What a process does in one life. Whoever owns the directory awaits `own`, which is a step of its work. */
export type Program = (disk: Disk, own: () => Promise<void>) => Promise<"refused" | "done">;

export interface Life {
  /** Also the identity of its lock. */
  readonly name: string;
  readonly program: Program;
  /** Whether the platform's kernel keeps a lock for as long as its owner lives (macOS, Windows). */
  readonly hasKernelLock: boolean;
}

/** What a life waits to do: on the disk as it is, and among those who are alive, when its turn comes. */
export interface Step {
  /** Different for steps that do different things. */
  readonly what: string;
  readonly run: (disk: Disk, alive: ReadonlySet<string>) => Promise<unknown>;
}

export type Answer = { readonly value: unknown } | { readonly error: unknown };

/** A point at which a life stands still: before a step, or at its end. */
export interface Stand {
  /** Different for stands that go on in different ways. */
  readonly id: number;
  readonly life: Life;
  readonly answers: readonly Answer[];
  readonly step?: Step | undefined;
  readonly state: "on its way" | "owner" | "refused" | "done" | "dead" | "failed";
  readonly failure?: unknown;
}

/**
 * Where lives can stand. What a program waits for depends on nothing but the answers that it got before, so it is run once
 * for every sequence of answers, and all that got the same ones stand at the same place.
 */
export class Stands {
  readonly #known: Map<string, Stand> = new Map();

  first(life: Life): Promise<Stand> {
    return this.#find(life.name, life, []);
  }

  /** Where a life stands after one more answer. */
  after({ id, life, answers }: Stand, answer: Answer): Promise<Stand> {
    return this.#find(`${id} ${inWords(answer)}`, life, [...answers, answer]);
  }

  /** Where a life stands that was ended. */
  dead({ life }: Stand): Stand {
    return this.#remember(`${life.name} dead`, { life, answers: [], state: "dead" });
  }

  async #find(way: string, life: Life, answers: readonly Answer[]): Promise<Stand> {
    const known = this.#known.get(way);
    if (known !== undefined) return known;
    const point = { ...(await runUntilUnanswered(life, answers)), life, answers };
    // How an owner got here doesn't matter to what it does next, and nobody goes on from an end.
    const isMeeting = point.state === "owner" || point.step === undefined;
    const stand = this.#remember(isMeeting ? `${life.name} ${point.state}` : way, point);
    this.#known.set(way, stand);
    return stand;
  }

  #remember(way: string, point: Omit<Stand, "id">): Stand {
    const stand = this.#known.get(way) ?? { ...point, id: this.#known.size };
    this.#known.set(way, stand);
    return stand;
  }
}

/** Runs a program whose first steps have their answers, up to the first that has none. It is left there for good. */
function runUntilUnanswered(life: Life, answers: readonly Answer[]): Promise<Pick<Stand, "state" | "step" | "failure">> {
  return new Promise((resolve) => {
    const left = answers.values();
    let state: Stand["state"] = "on its way";
    const wait: Wait = (what, run) => {
      const { value: answer } = left.next();
      if (answer === undefined) {
        resolve({ state, step: { what, run } });
        return new Promise(() => undefined);
      }
      return "error" in answer ? Promise.reject(answer.error) : Promise.resolve(answer.value as never);
    };
    const own = async (): Promise<void> => {
      state = "owner";
      await wait("works as the owner", async () => undefined);
      state = "on its way";
    };
    life.program(waitingDisk(life, wait), own).then(
      (end) => resolve({ state: end }),
      (failure: unknown) => resolve({ state: "failed", failure }),
    );
  });
}

type Wait = <T>(what: string, run: (disk: Disk, alive: ReadonlySet<string>) => Promise<T>) => Promise<T>;

/** Waits before each operation that reads or changes names, and before each question about owners. */
function waitingDisk({ name, hasKernelLock }: Life, wait: Wait): Disk {
  const scratch = createSimulatedDisk();
  let handles = 0;
  return {
    ...watchedDisk(scratch, () => undefined),
    clock: withoutPauses(scratch.clock),
    owners: {
      identify: async () => name,
      judge: (other, self) => wait(`judge ${other}`, (disk) => disk.owners.judge(other, self)),
      takeKernelLock: async () => {
        if (!hasKernelLock) return async () => undefined;
        const isTaken = await wait("take the kernel's lock", (disk, alive) => takeKernelLock(disk, name, alive));
        return isTaken ? () => wait("free the kernel's lock", (disk) => disk.remove(join(kernelLocks, name))) : undefined;
      },
    },
    stat: (path) => wait(`stat ${path}`, (disk) => disk.stat(path)),
    list: (path) => wait(`list ${path}`, (disk) => disk.list(path)),
    makeDirectory: (path) => wait(`makeDirectory ${path}`, (disk) => disk.makeDirectory(path)),
    removeDirectory: (path) => wait(`removeDirectory ${path}`, (disk) => disk.removeDirectory(path)),
    remove: (path) => wait(`remove ${path}`, (disk) => disk.remove(path)),
    rename: (from, to) => wait(`rename ${from} ${to}`, (disk) => disk.rename(from, to)),
    create: async (path) => {
      // The handle of the step is closed in it: closing changes no name.
      await wait(`create ${path}`, async (disk) => (await disk.create(path)).close());
      return scratch.create(`/${(handles += 1)}`);
    },
  };
}

/** Pauses come after ten rounds, which is further than a search goes. */
export function withoutPauses(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after: () => {
      throw new Error("a pause after ten rounds");
    },
  };
}

/** Whoever is named in this directory and alive has the kernel's lock. */
export const kernelLocks = "/kernel";

async function takeKernelLock(disk: Disk, name: string, alive: ReadonlySet<string>): Promise<boolean> {
  for (const holder of await disk.list(kernelLocks)) {
    if (alive.has(holder.name)) return false;
    await disk.remove(join(kernelLocks, holder.name));
  }
  await (await disk.create(join(kernelLocks, name))).close();
  return true;
}

function inWords(answer: Answer): string {
  if ("error" in answer) return isDiskError(answer.error) ? answer.error.code : String(answer.error);
  const { value } = answer;
  if (Array.isArray(value)) return `[${value.map((entry: { readonly name: string }) => entry.name).join(" ")}]`;
  return typeof value === "object" ? "something" : JSON.stringify(value) ?? "-";
}
