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
  encode(entry: I): Uint8Array;
  decode(bytes: Uint8Array): E;
}
