import type { SimulatedDisk } from "@laminar/disk/testing";
import type { Counts } from "./counters.ts";
import type { ReadonlyTree } from "./model-directory.ts";
import type { LogOnDisk, ModelLog } from "./model-log.ts";
import type { ModelOptions, Policy } from "./model-manager.ts";
import type { Verdict } from "./model-recovery.ts";
import type { Rules } from "./rules.ts";
import type { Subject } from "./subject.ts";

/** What is explored, and how. */
export interface World {
  readonly counts: Counts;
  readonly random: () => number;
  /** For damage alone: a life doesn't depend on which states were seen before it. */
  readonly damageRandom: () => number;
  readonly rules: Rules;
  readonly policy: Policy;
  readonly imagesPerOperation: number;
  readonly depthMost: number;
  /** How likely a life goes on from what a crash left. */
  readonly goesOn: { readonly afterKill: number; readonly beforeSync: number; readonly afterPowerCut: number; readonly atTheEnd: number };
  /** How likely a state is to be damaged in every way once. */
  readonly damages: number;
  /** How likely an operation is to fail. */
  readonly failures: number;
  /** The same for an opening's sync of what a killed process left unsynced. */
  readonly openingFailures: number;
  readonly enough: () => boolean;
  start(disk: SimulatedDisk, log: LogOnDisk, options: ModelOptions, truncate: (lsn: number) => void): Subject;
  /** What a recovery of a disk gives; `difference` when two of them disagree. */
  read(disk: () => SimulatedDisk, tree: ReadonlyTree, log: ModelLog, until?: number): Promise<{ readonly verdict: Verdict; readonly difference?: string | undefined }>;
}
