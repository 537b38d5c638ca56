/** A part that a restore needs: one checkpoint's own `state.bin`. */
export interface ChainPart {
  /** The checkpoint whose state it is. */
  readonly id: number;
  /** Bytes of its state. */
  readonly size: number;
  /** CRC-32 of its state. */
  readonly checksum: number;
}

/** What is known of a checkpoint. A superset of the reference's metadata. */
export interface CheckpointMetadata {
  /** Ascending, and never given twice in one place. */
  readonly id: number;
  /** The request's, or the manager's: a number of your own, such as which owner made it. */
  readonly epoch: number;
  /** Wall clock at creation, milliseconds since 1970. A label. */
  readonly timestamp: number;
  /** The log sequence number up to which the state holds everything. */
  readonly walPosition: number;
  /** Identity of the log that the position belongs to. */
  readonly walId?: string | undefined;
  /** How far each source had been read. */
  readonly sourceOffsets: ReadonlyMap<string, bigint>;
  /** How far time had come. */
  readonly watermark?: bigint | undefined;
  /** Bytes of this checkpoint's own state. */
  readonly sizeBytes: number;
  /** Keys of the whole state, where its maker said how many. */
  readonly keyCount?: number | undefined;
  /** Whether its own bytes are the whole state, or what changed since the part before it in `chain`. */
  readonly kind: "full" | "delta";
  /** The same as `kind === "delta"`. */
  readonly isIncremental: boolean;
  /** The previous checkpoint, for people; nothing depends on it. */
  readonly parentId?: number | undefined;
  /** Everything that a restore needs, ascending: the first is full, the last is this one. */
  readonly chain: readonly ChainPart[];
}
