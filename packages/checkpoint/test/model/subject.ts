import type { Operation } from "@laminar/disk/testing";
import type { Capture } from "./program.ts";

/** What a program asks a manager for. */
export type Action =
  | { readonly kind: "checkpoint"; readonly cut: Capture }
  /** The second is asked for before the first is there. */
  | { readonly kind: "two checkpoints"; readonly cuts: readonly [Capture, Capture] }
  | { readonly kind: "delete"; readonly id: number }
  | { readonly kind: "cleanup"; readonly keep: number }
  | { readonly kind: "compact" }
  /** The log, by hand, as far as the manager says. */
  | { readonly kind: "truncate" }
  | { readonly kind: "close" };

export interface Published {
  readonly id: number;
  readonly chain: readonly { readonly id: number }[];
}

/** What came of an action: checkpoints, in the order in which they were asked for; and the failures, by their codes. */
export interface Done {
  readonly published: readonly Published[];
  readonly failures: readonly string[];
}

/** A change of the disk, or the log's truncation. */
export type Change = Operation | { readonly kind: "truncateLog"; readonly lsn: number };

/** A manager on a disk, as a program has it: the real one, or the model. */
export interface Subject {
  /** Told of each change of the checkpoint directory, and of the log, when it takes effect or fails. */
  observe(change: Change, outcome: "done" | "failed"): void;
  open(): Promise<void>;
  perform(action: Action): Promise<Done>;
  /** Somebody else changed the files. */
  changed(): void;
}
