/** One key of a snapshot or delta. In a delta a value of `undefined` says that the key was deleted; a full snapshot has none. */
export interface SnapshotEntry {
  /** Any bytes, none at all too. */
  readonly key: Uint8Array;
  /** Any bytes; `undefined` for a deleted key of a delta. */
  readonly value: Uint8Array | undefined;
}

/** What the bytes hold: the whole state, or what changed since another one. */
export type SnapshotKind = "full" | "delta";
