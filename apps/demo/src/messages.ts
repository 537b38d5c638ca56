/** What a recovery did, for its line. */
export interface RecoverySummary {
  readonly checkpointId: number | undefined;
  readonly skippedCheckpoints: number;
  readonly replayed: number;
  /** What is left of a write that never finished; it counts for nothing. */
  readonly tornBytes: number;
  readonly milliseconds: number;
  readonly nextEvent: number;
}

/** What the working process tells. Event numbers are counts of events: "up to and including the n-th". */
export type WorkerMessage =
  | { readonly type: "recovered"; readonly summary: RecoverySummary }
  /** Everything up to this event is staged, and is about to be committed. */
  | { readonly type: "committing"; readonly event: number }
  /** Everything up to this event is committed and durable: the acknowledgement. */
  | { readonly type: "committed"; readonly event: number }
  /** A checkpoint of this event is about to be published. */
  | { readonly type: "checkpointing"; readonly event: number }
  /** The last event is committed; the process waits to be told that it may end. */
  | { readonly type: "finished" };

/** What the working process is told. */
export interface StopMessage {
  readonly type: "stop";
}

/** What a working process needs to know; travels as JSON on its command line. */
export interface WorkerSettings {
  readonly directory: string;
  readonly events: number;
  readonly commitEvery: number;
  readonly checkpointEvery: number;
  /** Commit the first group that reaches this event without its place in the input, and wait to be killed. */
  readonly forgetOffsetAt?: number | undefined;
}
