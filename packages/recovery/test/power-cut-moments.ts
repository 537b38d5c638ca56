import { relative } from "node:path";
import { createSimulatedDisk, type DiskImage } from "@laminar/disk/testing";
import { cutOf, DurableOracle } from "./durable-oracle.ts";
import { repeatable, seedIdentities } from "./programs/repeatable.mjs";
import { ownersOfLives, seeded, type Workload, workloads } from "./programs/power-cut-workloads.mjs";
import { type Change, changeOf, isChange } from "./traced-changes.ts";

/** Names and contents below the root of a file system. */
export interface DiskContent {
  readonly directories: ReadonlySet<string>;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** Which of the states that the simulated disk enumerates a content is. */
export type Place = "oldest" | "newest" | "between" | "oldest and newest";

/** States of one moment at most. Beyond, what isn't among them can't be told from what isn't legal. */
const STATES_MOST = 40_000;
const ROOT = "/fs";

const isSame = (content: DiskContent, image: DiskContent): boolean =>
  content.directories.size === image.directories.size &&
  content.files.size === image.files.size &&
  [...content.directories].every((path) => image.directories.has(path)) &&
  [...content.files].every(([path, bytes]) => {
    const other = image.files.get(path);
    return other !== undefined && Buffer.compare(bytes, other) === 0;
  });

function withoutRoot(image: DiskImage): DiskContent {
  const inRoot = (path: string): boolean => path.startsWith(`${ROOT}/`);
  return {
    directories: new Set([...image.directories].filter(inRoot).map((path) => relative(ROOT, path))),
    files: new Map([...image.files].map(([path, bytes]) => [relative(ROOT, path), bytes])),
  };
}

/** A moment of a workload on the simulated disk, right before an operation: what a power cut may leave, and what was promised. */
export class Moment {
  readonly change: Change;
  readonly oracle: DurableOracle;
  readonly #newest: DiskContent;
  readonly #oldest: () => DiskContent;
  readonly #rest: Iterator<DiskImage>;
  readonly #drawn: DiskContent[] = [];

  constructor(change: Change, oracle: DurableOracle, disk: ReturnType<typeof createSimulatedDisk>) {
    this.change = change;
    this.oracle = oracle;
    this.#newest = withoutRoot(disk.killed());
    this.#rest = disk.powerCuts({ limit: STATES_MOST })[Symbol.iterator]();
    const first = disk.powerCuts({ limit: 1 });
    // Asked for one state, it gives the one in which nothing unsynced is there.
    this.#oldest = () => withoutRoot([...first][0] as DiskImage);
  }

  /** Where among the enumerated states `content` is; `undefined` when it is none of them. */
  placeOf(content: DiskContent): Place | undefined {
    const isOldest = isSame(content, this.#oldest());
    const isNewest = isSame(content, this.#newest);
    if (!this.#enumerates(content)) return undefined;
    if (isOldest) return isNewest ? "oldest and newest" : "oldest";
    return isNewest ? "newest" : "between";
  }

  /** Draws no more states than it has to: some moments have thousands. */
  #enumerates(content: DiskContent): boolean {
    if (this.#drawn.some((image) => isSame(content, image))) return true;
    for (let next = this.#rest.next(); next.done !== true; next = this.#rest.next()) {
      const image = withoutRoot(next.value);
      this.#drawn.push(image);
      if (isSame(content, image)) return true;
    }
    if (this.#drawn.length >= STATES_MOST) throw new Error(`before ${this.change} there are ${STATES_MOST} states or more: too many to tell`);
    return false;
  }
}

/** Runs a workload on a simulated disk; a moment before each operation that changes or syncs something, and one at its end. */
export async function simulatedMoments(workload: Workload, seed: number): Promise<readonly Moment[]> {
  const disk = createSimulatedDisk();
  await disk.makeDirectory(ROOT);
  await disk.syncDirectory("/");
  const oracle = new DurableOracle();
  const moments: Moment[] = [];
  const relativePath = (path: string): string => relative(ROOT, path);
  disk.beforeEach((operation) => {
    if (!isChange(operation)) return;
    const target = operation.target === undefined ? {} : { target: relativePath(operation.target) };
    moments.push(new Moment(changeOf({ ...operation, path: relativePath(operation.path), ...target }), oracle.copy(), disk));
  });
  const restore = seedIdentities(seed);
  const listener = {
    submitted: (state: Parameters<typeof cutOf>[0]) => oracle.submit(cutOf(state)),
    acknowledged: (commit: number) => oracle.acknowledge(commit),
    random: seeded(seed),
  };
  await workloads[workload](repeatable(disk, { owners: ownersOfLives() }), ROOT, listener).finally(restore);
  moments.push(new Moment("end", oracle.copy(), disk));
  return moments;
}
