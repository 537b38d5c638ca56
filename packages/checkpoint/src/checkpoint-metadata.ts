/** A part that a restore needs: one checkpoint's own `state.bin`. */
export interface ChainPart {
  readonly id: number;
  /** Bytes of its state. */
  readonly size: number;
  /** CRC-32 of its state. */
  readonly checksum: number;
}

/** What is known of a checkpoint. A superset of the reference's metadata. */
export interface CheckpointMetadata {
  readonly id: number;
  readonly epoch: number;
  /** Wall clock at creation, milliseconds since 1970. A label. */
  readonly timestamp: number;
  /** The log sequence number up to which the state holds everything. */
  readonly walPosition: number;
  /** Identity of the log that the position belongs to. */
  readonly walId?: string | undefined;
  readonly sourceOffsets: ReadonlyMap<string, bigint>;
  readonly watermark?: bigint | undefined;
  /** Bytes of this checkpoint's own state. */
  readonly sizeBytes: number;
  readonly keyCount?: number | undefined;
  readonly kind: "full" | "delta";
  readonly isIncremental: boolean;
  /** The previous checkpoint, for people; nothing depends on it. */
  readonly parentId?: number | undefined;
  /** Everything that a restore needs, ascending: the first is full, the last is this one. */
  readonly chain: readonly ChainPart[];
}
