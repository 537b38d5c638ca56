import type { RecoveredState } from "@laminar/recovery";
import { msgpackCodec } from "@laminar/wal";

/** What was true once a commit was, as `expected.json` has it. Long runs of one letter in a value are told by their length. */
export interface Committed {
  /** Its LSN. */
  readonly position: number;
  readonly offsets: Readonly<Record<string, string>>;
  readonly watermark: string | null;
  readonly state: Readonly<Record<string, string>>;
}

/** What stands beside a golden directory. */
export interface Expected {
  /** What kind of life it comes from. */
  readonly shows: string;
  /** Put together by hand, its values are bytes of text; in a durable state they are what its standard codec makes of text. */
  readonly written: "by hand" | "as a durable state";
  /** Every commit, oldest first; the last one is what has to come back. */
  readonly commits: readonly Committed[];
}

const text = new TextDecoder();
const codec = msgpackCodec<string>();

/** Readable, and different for different values. */
export const shown = (value: string): string => value.replace(/(.)\1{9,}/gs, (run: string) => `[${JSON.stringify(run[0])} x ${run.length}]`);

export function decoderOf({ written }: Pick<Expected, "written">): (value: Uint8Array) => string {
  return written === "by hand" ? (value) => text.decode(value) : (value) => codec.decode(value);
}

export function committed(position: number, offsets: Iterable<readonly [string, bigint]>, watermark: bigint | undefined, state: Iterable<readonly [string, string]>): Committed {
  const ordered = <T>(pairs: Iterable<readonly [string, T]>): [string, T][] => [...pairs].map(([name, value]): [string, T] => [name, value]).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    position,
    offsets: Object.fromEntries(ordered(offsets).map(([source, offset]) => [source, String(offset)])),
    watermark: watermark === undefined ? null : String(watermark),
    state: Object.fromEntries(ordered(state).map(([key, value]) => [key, shown(value)])),
  };
}

/** What a recovery gave. */
export function recoveredCommit(recovered: RecoveredState, decode: (value: Uint8Array) => string): Committed {
  const state = new Map<string, string>();
  for (const [key, value] of recovered.stateSnapshot ?? []) state.set(text.decode(key), decode(value));
  for (const change of recovered.stateChanges) {
    if (change.type === "put") state.set(text.decode(change.key), decode(change.value));
    else state.delete(text.decode(change.key));
  }
  return committed(recovered.walPosition, recovered.sourceOffsets, recovered.watermark, state);
}

/** Nothing was ever committed. */
export const NOTHING: Committed = { position: 0, offsets: {}, watermark: null, state: {} };

/** Equal for equal commits. */
export const textOf = (commit: Committed): string => JSON.stringify(commit);
