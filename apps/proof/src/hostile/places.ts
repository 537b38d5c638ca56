import type { Golden } from "./golden.ts";

/** Every path, below the directory of a state, that the stack knows or will make; "" is that directory itself. */
export function placesOf({ segments, head, nextSegment, newestCheckpoint, nextCheckpoint }: Golden): readonly string[] {
  return [
    "",
    "LOCK",
    "log",
    "log/LOCK",
    ...segments.map((name) => `log/${name}`),
    `log/${head}`,
    `log/${nextSegment}.wal`,
    `log/${nextSegment}.wal.tmp`,
    `log/${nextSegment}.head`,
    "checkpoints",
    "checkpoints/LOCK",
    `checkpoints/${newestCheckpoint}`,
    `checkpoints/${newestCheckpoint}/metadata.json`,
    `checkpoints/${newestCheckpoint}/state.bin`,
    `checkpoints/checkpoint_${nextCheckpoint}`,
    `checkpoints/tmp_${nextCheckpoint}`,
    `checkpoints/trash_0000000000000001`,
  ];
}
