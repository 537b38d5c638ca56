import { crc32 } from "@laminar/disk/checksum";
import type { Choices } from "../random.ts";
import { edge32, edge64, Fields, joined, randomBytes } from "./bytes.ts";

const HEADER_BYTES = 28;
const HEAD_BYTES = 20;
const FOOTER_BYTES = 44;
const MAGIC = Uint8Array.of(0x89, 0x4c, 0x53, 0x4e, 0x50, 0x0d, 0x0a, 0x1a);
export const FULL = 1;
export const DELTA = 2;

/** A field that gets another value than the right one; every checksum that isn't named itself is right for it. */
const FIELDS = [
  "kind", "version", "features", "timestamp", "header checksum",
  "marker", "body length", "count", "body checksum", "head checksum", "index", "rest",
  "key length", "value length",
  "entries", "deletes", "blocks", "bytes", "blocks checksum", "footer checksum", "footer marker",
] as const;
export type SnapshotField = (typeof FIELDS)[number];
/** Those that claim how much there is. */
export const CLAIMS: ReadonlySet<SnapshotField> = new Set(["body length", "count", "key length", "value length", "entries", "blocks", "bytes"]);

export const someField = (choices: Choices): SnapshotField | undefined => (choices.chance(0.8) ? choices.one(FIELDS) : undefined);

interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

const encoder = new TextEncoder();

function entriesOf(choices: Choices, kind: number, block: number): readonly Entry[] {
  return Array.from({ length: 1 + choices.whole(4) }, (_, number) => {
    const key = choices.chance(0.1) ? encoder.encode("the same") : encoder.encode(`${block}-${number}`);
    return { key, value: kind === DELTA && choices.chance(0.3) ? undefined : randomBytes(choices, choices.one([0, 3, 30])) };
  });
}

/** A snapshot as its format page says, of few entries, with one field made wrong in one place or in all. */
export function snapshotBytes(choices: Choices, wrong: SnapshotField | undefined): { readonly bytes: Uint8Array; readonly kind: number } {
  const kind = choices.chance(0.6) ? FULL : DELTA;
  const u16 = (field: SnapshotField, right: number): number => (field === wrong ? choices.one([0, 1, 2, 3, 0xffff]) : right);
  const u32 = (field: SnapshotField, right: number): number => (field === wrong && choices.chance(0.7) ? edge32(choices, right) : right);
  const u64 = (field: SnapshotField, right: number): bigint => (field === wrong ? edge64(choices, right) : BigInt(right));
  const header = new Fields(HEADER_BYTES).raw(MAGIC).u16(u16("version", 0)).u16(u16("kind", kind)).u32(u32("features", 0)).u64(u64("timestamp", 7));
  const seed = u32("header checksum", crc32(header.written));
  header.u32(seed);
  const chain = new Fields(4).u32(seed).bytes;
  const contents = Array.from({ length: choices.whole(3) }, (_, index) => entriesOf(choices, kind, index));
  const heads: Uint8Array[] = [];
  const blocks = contents.map((entries, index) => {
    const parts = entries.map(({ key, value }) => {
      const lengths = new Fields(8).u32(u32("key length", key.length)).u32(u32("value length", value?.length ?? 0xffff_ffff));
      return joined([lengths.bytes, key, value ?? new Uint8Array(0)]);
    });
    const body = joined([...parts, wrong === "rest" ? randomBytes(choices, choices.whole(20)) : new Uint8Array(0)]);
    const head = new Fields(HEAD_BYTES).u32(u32("marker", 0xc9a7_d35b)).u32(u32("body length", body.length)).u32(u32("count", entries.length)).u32(u32("body checksum", crc32(body)));
    const place = new Fields(12).raw(chain).u64(u64("index", index)).bytes;
    head.u32(u32("head checksum", crc32(joined([place, head.written]))));
    heads.push(head.bytes.subarray(16));
    return joined([head.bytes, body]);
  });
  const all = contents.flat();
  const size = HEADER_BYTES + blocks.reduce((sum, { length }) => sum + length, 0) + FOOTER_BYTES;
  const footer = new Fields(FOOTER_BYTES)
    .u32(u32("footer marker", 0x5e36_8ce4))
    .u64(u64("entries", all.length))
    .u64(u64("deletes", all.filter(({ value }) => value === undefined).length))
    .u64(u64("blocks", blocks.length))
    .u64(u64("bytes", size))
    .u32(u32("blocks checksum", crc32(joined(heads))));
  footer.u32(u32("footer checksum", crc32(joined([chain, footer.written]))));
  return { bytes: joined([header.bytes, ...blocks, footer.bytes]), kind };
}
