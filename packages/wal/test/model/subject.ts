import type { Operation } from "@laminar/disk/testing";
import type { WalEntry } from "../../src/index.ts";
import type { ModelWriter, Step, Steps } from "./model-writer.ts";

/** The directory that logs live in on the simulated disk. */
export const DIRECTORY = "/log";

export type Groups = readonly (readonly WalEntry[])[];

/** What a program does with a log. */
export type Action =
  | { readonly kind: "append"; readonly groups: Groups }
  /** The second is appended while the first is being synced. */
  | { readonly kind: "group commit"; readonly first: Groups; readonly second: Groups }
  | { readonly kind: "truncateAfter" | "truncateBefore"; readonly lsn: number }
  | { readonly kind: "rest" | "close" };

/** What becomes of an operation: all of it, the first bytes of a write, nothing, nothing since the disk is full. */
export type Outcome = "done" | "failed" | "full" | { readonly taken: number };

/** A log on a disk, as a program has it: the real one, or the model. */
export interface Subject {
  /** Whether an operation of the disk is one of the log's that change something. */
  concerns(operation: Operation): boolean;
  /** Told of each such operation when it takes effect. */
  observe(operation: Operation, outcome: Outcome): void;
  open(): Promise<void>;
  perform(action: Action): Promise<void>;
  readonly startsAfter: number;
  readonly lastLsn: number;
  readonly nextLsn: number;
  readonly durableLsn: number;
}

export function* stepsOf(writer: ModelWriter, action: Action): Steps<void> {
  switch (action.kind) {
    case "append":
      yield* writer.flush(action.groups);
      return;
    case "group commit":
      yield* writer.groupCommit(action.first, action.second);
      return;
    case "truncateAfter":
      yield* writer.truncateAfter(action.lsn);
      return;
    case "truncateBefore":
      yield* writer.truncateBefore(action.lsn);
      return;
    case "rest":
      yield* writer.rest();
      return;
    case "close":
      yield* writer.close();
  }
}

/** The log's own files in an image: not the lock, nor what isn't in the directory. */
export function logFiles(files: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  for (const [path, bytes] of files) {
    if (path.startsWith(`${DIRECTORY}/`) && !path.startsWith(`${DIRECTORY}/LOCK`)) found.set(path.slice(DIRECTORY.length + 1), bytes);
  }
  return found;
}

const CHANGING: readonly string[] = ["create", "write", "sync", "rename", "syncDirectory", "remove", "makeDirectory"];

/** Whether an operation changes something, and isn't the lock's. */
export const changesLog = ({ kind, path }: Operation): boolean => CHANGING.includes(kind) && !path.startsWith(`${DIRECTORY}/LOCK`);

/** What a step makes of the files when it succeeds; of a write, the first `taken` bytes. */
export function applyStep(files: Map<string, Uint8Array>, step: Step, taken = Number.POSITIVE_INFINITY): void {
  switch (step.kind) {
    case "create":
      files.set(step.name, new Uint8Array(0));
      return;
    case "write": {
      const bytes = step.bytes.subarray(0, taken);
      const before = files.get(step.name) ?? new Uint8Array(0);
      const after = new Uint8Array(Math.max(before.length, step.position + bytes.length));
      after.set(before);
      after.set(bytes, step.position);
      files.set(step.name, after);
      return;
    }
    case "rename":
      files.set(step.target, files.get(step.name) ?? new Uint8Array(0));
      files.delete(step.name);
      return;
    case "remove":
      for (const name of step.names) files.delete(name);
      return;
    case "makeDirectory":
    case "sync":
    case "syncDirectory":
  }
}
