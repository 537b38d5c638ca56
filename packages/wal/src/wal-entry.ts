/** The entries of a state's log: changes of keys, and commits that cover the changes before them. */
export type WalEntry =
  | { readonly type: "put"; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: "delete"; readonly key: Uint8Array }
  | { readonly type: "commit"; readonly offsets: ReadonlyMap<string, bigint>; readonly watermark?: bigint | undefined }
  | { readonly type: "checkpoint"; readonly id: number };

/** What `append` takes: a `WalEntry` whose offsets and watermark may be numbers (safe integers). */
export type WalEntryInput =
  | Exclude<WalEntry, { readonly type: "commit" }>
  | {
      readonly type: "commit";
      readonly offsets: ReadonlyMap<string, bigint | number>;
      readonly watermark?: bigint | number | undefined;
    };

/**
 * How entries of one's own type become bytes and back. Both must be pure; `encode` may throw to refuse an entry, and the
 * log is then as it was. `decode` gets bytes that verified, in a view that stays valid for ever.
 */
export interface WalCodec<E, I = E> {
  /** The entry's bytes. Where it throws, nothing was taken. */
  encode(entry: I): Uint8Array;
  /** The entry of these bytes. Where it throws, reading ends with `WAL_CODEC_MISMATCH` and that as the `cause`. */
  decode(bytes: Uint8Array): E;
}
