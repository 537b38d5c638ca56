import { createHash } from "node:crypto";
import type { DiskImage, SimulatedDisk } from "@laminar/disk/testing";
import { type DurableState, recover } from "../src/index.ts";
import { stateOf, textOf } from "./recovered-states.ts";

export const DIRECTORY = "/data";
const PLACES = { checkpointDir: `${DIRECTORY}/checkpoints`, walDir: `${DIRECTORY}/log` };

/** State, offsets and watermark: what belongs together in a commit. */
export interface Cut {
  readonly state: ReadonlyMap<string, string>;
  readonly offsets: ReadonlyMap<string, bigint>;
  readonly watermark: bigint | undefined;
}

/** Equal for equal cuts. */
export function textOfCut({ state, offsets, watermark }: Cut): string {
  const sources = [...offsets].sort(([a], [b]) => (a < b ? -1 : 1)).map(([source, offset]) => `${source}@${offset}`);
  return `[${textOf(state)}] ${sources.join(" ")} watermark ${watermark ?? "none"}`;
}

export const cutOf = (state: DurableState<string, string>): string =>
  textOfCut({ state: new Map(state.entries()), offsets: state.offsets, watermark: state.watermark });

export async function recoveredCut(disk: SimulatedDisk): Promise<string> {
  const recovered = await recover({ ...PLACES, disk });
  return textOfCut({ state: stateOf(recovered), offsets: recovered.sourceOffsets, watermark: recovered.watermark });
}

/** Everything on a disk but who has it locked, as one hash. */
export function contentOf(image: DiskImage): string {
  const hash = createHash("sha1");
  const names = [...image.directories, ...image.files.keys()].filter((path) => !path.includes("/LOCK"));
  for (const path of names.sort()) hash.update(path).update("\0").update(image.files.get(path) ?? "");
  return hash.digest("hex");
}

const EMPTY = textOfCut({ state: new Map(), offsets: new Map(), watermark: undefined });

/** What a program has submitted and been promised. */
export class DurableOracle {
  commits: string[] = [EMPTY];
  /** Index of the last commit that was acknowledged as durable. */
  acknowledged = 0;
  /** Highest id of a checkpoint that became durable. */
  highestId = 0;

  copy(): DurableOracle {
    return Object.assign(new DurableOracle(), { commits: [...this.commits], acknowledged: this.acknowledged, highestId: this.highestId });
  }

  /** Returns the commit's index. */
  submit(cut: string): number {
    return this.commits.push(cut) - 1;
  }

  /** A commit is durable, and so is every one before it. */
  acknowledge(index: number): void {
    this.acknowledged = Math.max(this.acknowledged, index);
  }

  publish(id: number): void {
    if (id <= this.highestId) throw new Error(`checkpoint ${id} came after ${this.highestId}`);
    this.highestId = id;
  }

  /** `undefined` when `cut` is exactly that of one commit, not older than the last acknowledged one. */
  judge(cut: string): string | undefined {
    const index = this.commits.lastIndexOf(cut);
    if (index < 0) return `${cut} was never committed; the last one acknowledged was ${this.commits[this.acknowledged]}`;
    return index < this.acknowledged ? `${cut} is older than ${this.commits[this.acknowledged]}, which was acknowledged` : undefined;
  }

  /** A program that started again was given `cut`: from now on that is the truth. */
  observe(cut: string): void {
    this.commits = [cut];
    this.acknowledged = 0;
  }
}
