import { appendGrowing } from "./jobs/append-growing.ts";
import { appendRate } from "./jobs/append-rate.ts";
import { commitRate } from "./jobs/commit-rate.ts";
import { openLog, writeSegments } from "./jobs/segments.ts";
import { recoverStreaming } from "./jobs/recover-streaming.ts";
import { openState, saveState } from "./jobs/state.ts";
import { timeCheckpoints } from "./jobs/time-checkpoints.ts";
import { growLog, writeCheckpointedLog } from "./jobs/write-log.ts";

/** What runs in a process of its own: from plain data to plain data. */
export interface Jobs {
  readonly appendGrowing: typeof appendGrowing;
  readonly appendRate: typeof appendRate;
  readonly commitRate: typeof commitRate;
  readonly growLog: typeof growLog;
  readonly openLog: typeof openLog;
  readonly openState: typeof openState;
  readonly recoverStreaming: typeof recoverStreaming;
  readonly saveState: typeof saveState;
  readonly timeCheckpoints: typeof timeCheckpoints;
  readonly writeCheckpointedLog: typeof writeCheckpointedLog;
  readonly writeSegments: typeof writeSegments;
}

export const jobs: Jobs = {
  appendGrowing,
  appendRate,
  commitRate,
  growLog,
  openLog,
  openState,
  recoverStreaming,
  saveState,
  timeCheckpoints,
  writeCheckpointedLog,
  writeSegments,
};
