import { bytesAsJson, valueAsJson } from "@laminar/disk/command-line";
import { msgpackCodec } from "../codec/msgpack-codec.ts";
import type { Lsn } from "../log.ts";
import type { WalEntry } from "../wal-entry.ts";

/** Where an entry of a dump stands. */
export interface EntryPlace {
  readonly lsn: Lsn;
  readonly session: number;
  readonly salvaged: boolean;
}

/** The fields of an entry of a codec. */
export type DescribeOwn = (entry: Uint8Array) => object;

/** An entry as one line of JSON; `USAGE` describes it. Entries of a codec come as bytes. */
export function entryLine({ lsn, session, salvaged }: EntryPlace, entry: WalEntry | Uint8Array, describeOwn: DescribeOwn): string {
  const fields = entry instanceof Uint8Array ? { type: "entry", ...describeOwn(entry) } : describe(entry);
  return JSON.stringify({ lsn, session, ...fields, ...(salvaged ? { salvaged } : {}) }).replace(LATE_CONTROL, escaped);
}

/** Control characters that JSON leaves as they are, and a terminal may obey. */
const LATE_CONTROL = /[\u007f-\u009f]/g;
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

export const asBytes: DescribeOwn = (entry) => ({ value: bytesAsJson(entry) });

const messagePack = msgpackCodec<unknown>();

/** Decoded where it is MessagePack, as bytes where it isn't. */
export const asMessagePack: DescribeOwn = (entry) => {
  let decoded: unknown;
  try {
    decoded = messagePack.decode(entry);
  } catch {
    return asBytes(entry);
  }
  return { decoded: valueAsJson(decoded) };
};

function describe(entry: WalEntry): object {
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
