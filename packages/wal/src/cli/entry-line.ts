import type { Lsn } from "../log.ts";
import type { WalEntry } from "../wal-entry.ts";

/** Where an entry of a dump stands. */
export interface EntryPlace {
  readonly lsn: Lsn;
  readonly session: number;
  readonly salvaged: boolean;
}

/** An entry as one line of JSON; `USAGE` describes it. Entries of a codec come as bytes. */
export function entryLine({ lsn, session, salvaged }: EntryPlace, entry: WalEntry | Uint8Array): string {
  return JSON.stringify({ lsn, session, ...describe(entry), ...(salvaged ? { salvaged } : {}) });
}

function describe(entry: WalEntry | Uint8Array): object {
  if (entry instanceof Uint8Array) return { type: "entry", value: bytesAsJson(entry) };
  switch (entry.type) {
    case "put":
      return { type: "put", key: bytesAsJson(entry.key), value: bytesAsJson(entry.value) };
    case "delete":
      return { type: "delete", key: bytesAsJson(entry.key) };
    case "commit":
      return { type: "commit", offsets: Object.fromEntries([...entry.offsets].map(asDecimal)), watermark: entry.watermark?.toString() };
    case "checkpoint":
    default:
      return { type: "checkpoint", id: entry.id };
  }
}

const asDecimal = ([source, offset]: readonly [string, bigint]): readonly [string, string] => [source, offset.toString()];

// A byte order mark is kept: it has to come back with the others.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;

/** Text where the bytes are printable UTF-8, else `{ base64 }`: the type tells which, and both give back exactly the bytes. */
export function bytesAsJson(bytes: Uint8Array): string | { readonly base64: string } {
  try {
    const text = utf8.decode(bytes);
    if (!CONTROL.test(text)) return text;
  } catch {
    // Not UTF-8.
  }
  return { base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64") };
}
