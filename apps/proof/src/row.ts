/** How much of a row is done: a part in `check`, all that CI asks for in `proof`, more with every round in `soak`. */
export type Size = "check" | "proof" | "soak";

/** One line of the proof's table: a promise, and how its breach is looked for. */
export interface Row {
  /** As in the table of the design; lines that it doesn't have there are told apart by their title. */
  readonly number?: number | undefined;
  readonly title: string;
  /** What `reached` counts, in the plural: "distinct states". */
  readonly unit: string;
  /** Its parts are done side by side, each in a process of its own; what they reach is added up, so nothing may be counted by two. */
  readonly parts: readonly Part[];
  /** The design's goal for `soak`, all rounds together; a row without one isn't part of it. */
  readonly soakGoal?: number | undefined;
}

export interface Part {
  readonly name: string;
  /** What is to be reached. `"all"`: as many as there are, which `run` counts; in `check` it then takes about one in fifty. */
  readonly goal: { readonly check: number; readonly proof: number } | "all";
  /** About how long it takes in `proof`: the longest are begun first, so that no process is left alone with one at the end. */
  readonly seconds: number;
  run(work: Work): Promise<Outcome>;
}

/** What a part is given to do. */
export interface Work {
  readonly size: Size;
  /** How many are to be reached in this run. Infinite where all are. */
  readonly goal: number;
  /** The first seed of whatever is random. */
  readonly seed: number;
  /** An empty directory, for what needs a real disk. Removed afterwards. */
  readonly scratch: string;
}

export interface Outcome {
  readonly reached: number;
  /** Where all is asked: how many there are. */
  readonly all?: number | undefined;
  /** Each a broken promise, with all that it takes to see it again. */
  readonly violations: readonly string[];
  /** Whatever else was counted, by its name, such as the states of each kind; printed under the table. */
  readonly counters: Readonly<Record<string, number>>;
  /** Where states are counted by content: 64 bits of each one's hash, so that `soak` counts none again in a later round. */
  readonly contents?: BigUint64Array | undefined;
  /** Why a part of it could not be done on this machine. */
  readonly skipped?: string | undefined;
  /** Where a further round goes on; not for what goes through all there is. */
  readonly nextSeed?: number | undefined;
}

/** Of so many `check` looks at one, where `proof` looks at all. */
const everyInCheck = 50;

/** Every item, or in `check` an even share of them, which begins at another one for each seed. */
export function* shareOf<T>(items: Iterable<T>, { size, seed }: Work): Generator<T> {
  const every = size === "check" ? everyInCheck : 1;
  let index = seed % every;
  for (const item of items) if (index++ % every === 0) yield item;
}
