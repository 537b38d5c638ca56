import type { RecoveredState } from "@laminar/recovery";
import type { JobState } from "./job.ts";

/** The name under which commits record how many events of the input they cover. */
export const flightsOffset = "flights";

/** Where a job goes on: its state, and the event that comes next. */
export interface RestoredJob {
  readonly state: JobState;
  readonly nextEvent: number;
  readonly watermark: number | undefined;
}

const text = new TextDecoder();

/** A recovery's snapshot with the changes after it, as the job's state. */
export function restoreJob(recovered: RecoveredState): RestoredJob {
  const state: JobState = new Map();
  for (const [key, value] of recovered.stateSnapshot ?? []) state.set(text.decode(key), value);
  for (const change of recovered.stateChanges) {
    if (change.type === "put") state.set(text.decode(change.key), change.value);
    else state.delete(text.decode(change.key));
  }
  return {
    state,
    nextEvent: Number(recovered.sourceOffsets.get(flightsOffset) ?? 0n),
    watermark: recovered.watermark === undefined ? undefined : Number(recovered.watermark),
  };
}
