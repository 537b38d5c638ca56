/** What the syncs of one writer made durable, counted once a sync. */
export class SyncCounters {
  syncs = 0;
  batches = 0;
  bytes = 0;
  /** Milliseconds of all of them. */
  duration = 0;
  /** Milliseconds of the longest one. */
  longestDuration = 0;

  add(batches: number, bytes: number, duration: number): void {
    this.syncs++;
    this.batches += batches;
    this.bytes += bytes;
    this.duration += duration;
    if (duration > this.longestDuration) this.longestDuration = duration;
  }
}
