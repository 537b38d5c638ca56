import { crc32 } from "@laminar/disk/checksum";
import { expect, test } from "vitest";
import { StateSnapshot, decodeSnapshot, isCorruption, isSnapshotError } from "../src/index.ts";
import { handMade } from "./hand-made.ts";
import { randomBytes, withSeeds } from "./random.ts";
import { bytes, decoded, encoded, joined, rejection, shown } from "./samples.ts";

const entries = [
  [bytes("airport:ATL"), bytes("delayed 12 minutes")],
  [bytes("airport:ORD"), undefined],
  [bytes("airport:SFO"), bytes("")],
] as const;
const small = encoded(entries, { kind: "delta" });
const headerBytes = 28;
const footerBytes = 44;

/** With the header's checksum made right again. */
function withHeader(change: (header: DataView) => void): Uint8Array {
  const whole = small.slice();
  const view = new DataView(whole.buffer);
  change(view);
  view.setUint32(24, crc32(whole.subarray(0, 24)), true);
  return whole;
}

/** With every checksum of the block's head and body made right again. */
function withBlock(change: (block: DataView) => void): Uint8Array {
  const whole = small.slice();
  change(new DataView(whole.buffer, headerBytes));
  const view = new DataView(whole.buffer);
  view.setUint32(headerBytes + 12, crc32(whole.subarray(headerBytes + 20, whole.length - footerBytes)), true);
  const prefix = joined([whole.subarray(24, 28), new Uint8Array(8)]);
  view.setUint32(headerBytes + 16, crc32(whole.subarray(headerBytes, headerBytes + 16), crc32(prefix)), true);
  return whole;
}

async function codeOf(whole: Uint8Array): Promise<string | undefined> {
  const error = await rejection(decoded([whole]));
  return isSnapshotError(error) ? error.code : undefined;
}

test("a snapshot cut at any byte is truncated, and says where", async () => {
  for (let length = 0; length < small.length; length += 1) {
    const error = await rejection(decoded([small.subarray(0, length)]));
    expect(error, `cut at ${length}`).toMatchObject({ name: "SnapshotError", code: "SNAPSHOT_TRUNCATED", offset: length });
    expect(isCorruption(error)).toBe(true);
  }
});

test("any flipped bit is a typed error, in one chunk and byte by byte", async () => {
  for (let bit = 0; bit < small.length * 8; bit += 1) {
    const flipped = small.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(isCorruption(await rejection(decoded([flipped]))), `bit ${bit}`).toBe(true);
    const singly = Array.from(flipped, (byte) => Uint8Array.of(byte));
    expect(isCorruption(await rejection(decoded(singly))), `bit ${bit}`).toBe(true);
  }
});

test("damage in a later block lets the blocks before it out unchanged, and nothing of its own", async () => {
  await withSeeds(20, async (random) => {
    const many = Array.from({ length: 30 }, (_, index) => [bytes(String(index)), randomBytes(random, 20_000)] as const);
    const whole = encoded(many);
    const at = random(whole.length);
    whole[at] = (whole[at] ?? 0) ^ (1 << random(8));
    const seen: string[] = [];
    const read = async () => {
      for await (const block of decodeSnapshot([whole])) seen.push(...shown(block));
    };
    expect(isCorruption(await rejection(read()))).toBe(true);
    expect(seen).toEqual(shown(many).slice(0, seen.length));
  });
});

test("bytes after the footer are damage, in the same chunk or a later one", async () => {
  const error = { code: "SNAPSHOT_CORRUPT", offset: small.length };
  expect(await rejection(decoded([joined([small, Uint8Array.of(0)])]))).toMatchObject(error);
  expect(await rejection(decoded([small, new Uint8Array(0), Uint8Array.of(0)]))).toMatchObject(error);
});

test("blocks can't be swapped, dropped, repeated or taken from a snapshot with the same header", async () => {
  const many = Array.from({ length: 3 }, (_, index) => [bytes(String(index)), new Uint8Array(70_000).fill(index)] as const);
  const [header, a, b, c, footer] = cut(encoded(many));
  const [, , sibling] = cut(encoded(many.map(([key, value]) => [key, value.slice().fill(9)] as const)));
  for (const parts of [[header, b, a, c, footer], [header, a, c, footer], [header, a, b, b, c, footer], [header, a, sibling, c, footer]]) {
    expect(await codeOf(joined(parts.filter((part) => part !== undefined)))).toBe("SNAPSHOT_CORRUPT");
  }
});

function cut(whole: Uint8Array): Uint8Array[] {
  const block = 20 + 8 + 1 + 70_000;
  const ends = [0, 28, 28 + block, 28 + 2 * block, 28 + 3 * block, whole.length];
  return ends.slice(1).map((end, index) => whole.subarray(ends[index], end));
}

test("a block from a snapshot with another header is damage", async () => {
  const other = encoded(entries, { kind: "delta", timestampNs: 2n });
  expect(await codeOf(joined([small.subarray(0, 28), other.subarray(28)]))).toBe("SNAPSHOT_CORRUPT");
});

test("other versions, kinds and features are unsupported, not damage", async () => {
  for (const [offset, value] of [[8, 0], [8, 2], [10, 3], [12, 1]] as const) {
    const error = await rejection(decoded([withHeader((header) => header.setUint16(offset, value, true))]));
    expect(error).toMatchObject({ code: "SNAPSHOT_UNSUPPORTED_FORMAT", offset });
    expect(isCorruption(error)).toBe(false);
  }
});

test("features that a reader may ignore are ignored", async () => {
  const whole = handMade({ kind: 2, features: 0x8001_0000, blocks: [{ entries: entries.map(([key, value]) => ({ key, value })) }] });
  expect(shown(await decoded([whole]))).toEqual(shown(entries));
});

test("a deleted key in a full snapshot is damage, even where every checksum is right", async () => {
  const full = withHeader((header) => header.setUint16(10, 1, true));
  const view = new DataView(full.buffer);
  const prefix = joined([full.subarray(24, 28), new Uint8Array(8)]);
  view.setUint32(headerBytes + 16, crc32(full.subarray(headerBytes, headerBytes + 16), crc32(prefix)), true);
  expect(await rejection(decoded([full]))).toMatchObject({ code: "SNAPSHOT_CORRUPT", message: expect.stringContaining("deleted key") });
});

test("lengths that can't be are refused before memory is taken, even where every checksum is right", async () => {
  const huge = 0xffff_fffe;
  const wrong = [
    withBlock((block) => block.setUint32(4, huge, true)),
    withBlock((block) => block.setUint32(8, huge, true)),
    withBlock((block) => block.setUint32(8, 0, true)),
    withBlock((block) => block.setUint32(8, 2, true)),
    withBlock((block) => block.setUint32(8, 4, true)),
    withBlock((block) => block.setUint32(20, huge, true)),
    withBlock((block) => block.setUint32(24, huge, true)),
  ];
  const before = process.memoryUsage().arrayBuffers;
  for (const whole of wrong) expect(await codeOf(whole)).toBe("SNAPSHOT_CORRUPT");
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
});

test("a length that is allowed but isn't there takes no memory: the snapshot is truncated", async () => {
  const before = process.memoryUsage().arrayBuffers;
  expect(await codeOf(withBlock((block) => block.setUint32(4, 0x4000_0000, true)))).toBe("SNAPSHOT_TRUNCATED");
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
});

test("random bytes are never a snapshot", async () => {
  await withSeeds(300, async (random) => {
    const garbage = joined([small.subarray(0, random(small.length)), randomBytes(random, 200)]);
    expect(isCorruption(await rejection(decoded([garbage])))).toBe(true);
    expect(() => StateSnapshot.fromBytes(garbage)).toThrow();
  });
});
