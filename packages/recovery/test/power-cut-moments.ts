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

/** Compared as the image has its paths, and sizes first: thousands of images differ from what is looked for. */
function isSame(content: DiskContent, image: DiskImage): boolean {
  if (content.files.size !== image.files.size || content.directories.size !== image.directories.size) return false;
  for (const path of content.directories) if (!image.directories.has(path)) return false;
  for (const [path, bytes] of content.files) if (bytes.length !== image.files.get(path)?.length) return false;
  return [...content.files].every(([path, bytes]) => Buffer.compare(bytes, image.files.get(path) ?? bytes) === 0);
}

/** What is on a file system as an image of the simulated disk has it. */
function placedAtRoot({ directories, files }: DiskContent): DiskContent {
  const placed = (path: string): string => `${ROOT}/${path}`;
  return { directories: new Set(["/", ROOT, ...[...directories].map(placed)]), files: new Map([...files].map(([path, bytes]) => [placed(path), bytes])) };
}

/** A moment of a workload on the simulated disk, right before an operation: what a power cut may leave, and what was promised. */
export class Moment {
  readonly change: Change;
  readonly oracle: DurableOracle;
  readonly #newest: DiskImage;
  readonly #oldest: Iterable<DiskImage>;
  readonly #rest: Iterator<DiskImage>;
  readonly #drawn: DiskImage[] = [];

  constructor(change: Change, oracle: DurableOracle, disk: ReturnType<typeof createSimulatedDisk>) {
    this.change = change;
    this.oracle = oracle;
    this.#newest = disk.killed();
    // Asked for one state, it gives the one in which nothing unsynced is there.
    this.#oldest = disk.powerCuts({ limit: 1 });
    this.#rest = disk.powerCuts({ limit: STATES_MOST })[Symbol.iterator]();
  }

  /** Where among the enumerated states `content` is; `undefined` when it is none of them. */
  placeOf(content: DiskContent): Place | undefined {
    const placed = placedAtRoot(content);
    if (!this.#enumerates(placed)) return undefined;
    const isNewest = isSame(placed, this.#newest);
    for (const oldest of this.#oldest) if (isSame(placed, oldest)) return isNewest ? "oldest and newest" : "oldest";
    return isNewest ? "newest" : "between";
  }

  /** Draws no more states than it has to: some moments have thousands. */
  #enumerates(content: DiskContent): boolean {
    if (this.#drawn.some((image) => isSame(content, image))) return true;
    for (let next = this.#rest.next(); next.done !== true; next = this.#rest.next()) {
      this.#drawn.push(next.value);
      if (isSame(content, next.value)) return true;
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
