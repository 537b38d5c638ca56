import { cpSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { openDurableState } from "@laminar/recovery";

/** On a real disk: a log of several segments, and two chains of checkpoints. */
export interface Golden {
  readonly directory: string;
  /** The newest segment, and the one before it. */
  readonly segments: readonly [string, string];
  readonly head: string;
  /** The names of the next segment and the next checkpoint. */
  readonly nextSegment: string;
  readonly newestCheckpoint: string;
  readonly nextCheckpoint: string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const texts = { encode: (value: string): Uint8Array => encoder.encode(value), decode: (bytes: Uint8Array): string => decoder.decode(bytes) };
export const LOG_OPTIONS = { segmentSize: 1024 };

const hex = (number: number): string => number.toString(16).padStart(16, "0");

/** Makes one in `directory`, which is not there yet. */
export async function makeGolden(directory: string): Promise<Golden> {
  const state = await openDurableState<string>({ directory, keys: "string", values: texts, checkpoints: { maxRetained: 2, maxChainLength: 1 }, log: LOG_OPTIONS });
  for (let commit = 1; commit <= 3; commit++) {
    state.put(`k${commit}`, `${commit}${"x".repeat(700)}`);
    await state.commit();
    if (commit < 3) await state.checkpoint();
  }
  await state.close();
  const newest = newestSegmentIn(join(directory, "log"));
  return {
    directory,
    segments: [`${hex(newest)}.wal`, `${hex(newest - 1)}.wal`],
    head: `${hex(newest)}.head`,
    nextSegment: hex(newest + 1),
    newestCheckpoint: `checkpoint_${hex(2)}`,
    nextCheckpoint: hex(3),
  };
}

function newestSegmentIn(log: string): number {
  return Math.max(...readdirSync(log).flatMap((name) => (name.endsWith(".wal") ? [Number.parseInt(name, 16)] : [])));
}

export function copyOf({ directory }: Golden, target: string): void {
  cpSync(directory, target, { recursive: true });
}
