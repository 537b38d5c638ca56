import type { Golden } from "./golden.ts";

/** A path that the stack knows or will make. */
export interface Place {
  /** Below the directory of a state; "" is that directory itself. */
  readonly path: string;
  /** Whether it stands there. */
  readonly exists: boolean;
  /** Whether something new begins where an empty directory stands here. */
  readonly isStart: boolean;
}

const START: ReadonlySet<string> = new Set(["", "log", "checkpoints"]);

export function placesOf({ segments, head, nextSegment, newestCheckpoint, nextCheckpoint }: Golden): readonly Place[] {
  const existing = ["", "log", ...segments.map((name) => `log/${name}`), `log/${head}`, "checkpoints"];
  const parts = ["", "/metadata.json", "/state.bin"].map((part) => `checkpoints/${newestCheckpoint}${part}`);
  const locks = ["LOCK", "log/LOCK", "checkpoints/LOCK"];
  const next = [`log/${nextSegment}.wal`, `log/${nextSegment}.wal.tmp`, `log/${nextSegment}.head`];
  const nextCheckpoints = [`checkpoints/checkpoint_${nextCheckpoint}`, `checkpoints/tmp_${nextCheckpoint}`, "checkpoints/trash_0000000000000001"];
  const places = (paths: readonly string[], exists: boolean): Place[] => paths.map((path) => ({ path, exists, isStart: START.has(path) }));
  return [...places([...existing, ...parts], true), ...places([...locks, ...next, ...nextCheckpoints], false)];
}
