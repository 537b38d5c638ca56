import type { WalCodec } from "@laminar/wal";

/** Keys and values as bytes, as they are. */
export const plainBytes = { keys: "bytes", values: { encode: (value: Uint8Array) => value, decode: (bytes: Uint8Array) => bytes } as WalCodec<Uint8Array> } as const;
