import type { Operation } from "./simulated-disk.ts";

/** An operation of an interleaved run, and which of the machine's processes did it: they count from 1 as they were started. */
export interface InterleavedOperation extends Operation {
  readonly process: number;
}

/** A program that was run by `runInterleaved` hasn't settled and never will. Recognise it by `name` and `code`. */
export class StuckError extends Error {
  override readonly name = "StuckError";
  readonly code = "DISK_STUCK";
  /** With it the same happens again. */
  readonly seed: number;
  /** The last ones that took effect, the newest at the end. */
  readonly lastOperations: readonly InterleavedOperation[];

  /** `why`: what shows that it is stuck. */
  constructor(why: string, seed: number, lastOperations: readonly InterleavedOperation[]) {
    const lines = lastOperations.map((operation) => `\n  ${lineOf(operation)}`).join("");
    super(`The program is stuck (seed ${seed}): ${why}. The last operations that took effect:${lines || " none"}`);
    this.seed = seed;
    this.lastOperations = lastOperations;
  }
}

function lineOf({ process, kind, path, target, position, length }: InterleavedOperation): string {
  const name = target === undefined ? path : `${path} to ${target}`;
  return `process ${process}: ${kind} ${name}${position === undefined ? "" : ` (${length} bytes at ${position})`}`;
}
