import { crc32 } from "@laminar/disk/checksum";
import { decodeEntries } from "./model-entries.ts";
import { batchHeadAt, type BatchHead, bodyDifference, FRAME_BYTES, SECTOR_BYTES } from "./model-format.ts";
import type { Rules } from "./rules.ts";

export type EndVerdict = "clean" | "torn" | "corrupt" | "suspected";

/** The newest segment's file, and the place in it where record `expected` should begin and nothing verifies. */
export interface End {
  readonly file: Uint8Array;
  readonly position: number;
  readonly salt: number;
  readonly expected: number;
}

/** The table of the rules for the end of a log, row by row. */
export function endVerdict(found: End, rules: Rules): EndVerdict {
  const end = rules.zerosAtEnd ? { ...found, file: withoutZeros(found.file, found.position) } : found;
  const { file, position, salt, expected } = end;
  if (isZero(file, position, file.length)) return "clean";
  for (let at = position + 1; at < file.length; at++) {
    const later = file[at] === 0xd1 ? batchHeadAt(file, at, salt) : undefined;
    if (later && later.durableLsn >= expected) return "corrupt";
  }
  const head = batchHeadAt(file, position, salt);
  if (head && (head.firstLsn !== expected || head.durableLsn >= expected)) return "corrupt";
  if (!rules.suspect) return "torn";
  if (!tornExplains(file, position, head, rules)) return "suspected";
  return flipExplains(end, head, rules) ? "suspected" : "torn";
}

/** A file without the zeros at its end, of which nothing before `from` is taken off. */
function withoutZeros(file: Uint8Array, from: number): Uint8Array {
  let end = file.length;
  while (end > from && file[end - 1] === 0) end--;
  return file.subarray(0, end);
}

function isZero(file: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (file[at] !== 0) return false;
  return true;
}

/** Where the part of [from, to) that shares a sector with `at` begins and ends. */
function share(at: number, from: number, to: number): readonly [number, number] {
  const sector = at - (at % SECTOR_BYTES);
  return [Math.max(from, sector), Math.min(to, sector + SECTOR_BYTES)];
}

function tornExplains(file: Uint8Array, position: number, head: BatchHead | undefined, rules: Rules): boolean {
  const end = position + FRAME_BYTES + (head?.length ?? 0);
  if (end > file.length) return true;
  for (let at = position; at < end; at = share(at, position, end)[1]) if (isZero(file, ...share(at, position, end))) return true;
  return rules.endByte && head !== undefined && file[end - 1] === 0;
}

/** Which bit makes which difference of a checksum, by the bit's distance in bytes from the end of what is summed. */
const flips = new Map<number, { readonly fromEnd: number; readonly bit: number }>();
const FLIPS_BYTES = 8192;
{
  const zeros = new Uint8Array(1);
  for (let bit = 0; bit < 8; bit++) {
    let difference = crc32(Uint8Array.of(1 << bit)) ^ crc32(zeros);
    for (let fromEnd = 0; fromEnd < FLIPS_BYTES; fromEnd++) {
      flips.set(difference >>> 0, { fromEnd, bit });
      // One more byte behind the flipped one: the change is linear, so it goes on as if the byte were zero.
      difference = crc32(zeros, difference >>> 0) ^ crc32(zeros, 0);
    }
  }
}

/** One flipped bit makes the batch whole, that bit's share isn't all zero, and the body is then `count` entries. */
function flipExplains(end: End, head: BatchHead | undefined, rules: Rules): boolean {
  const { file, position, salt } = end;
  if (!head) return headerFlips(end).some((at) => repairs(end, at, rules));
  if (position + FRAME_BYTES + head.length > file.length) return false;
  const found = flips.get(bodyDifference(file, position, head.length, salt));
  if (!found || found.fromEnd >= head.length) return false;
  return repairs(end, { byte: position + FRAME_BYTES + head.length - 1 - found.fromEnd, bit: found.bit }, rules);
}

interface Bit {
  readonly byte: number;
  readonly bit: number;
}

function headerFlips({ file, position }: End): readonly Bit[] {
  if (position + FRAME_BYTES > file.length) return [];
  return Array.from({ length: FRAME_BYTES * 8 }, (_, at) => ({ byte: position + (at >> 3), bit: at & 7 }));
}

function repairs({ file, position, salt }: End, { byte, bit }: Bit, rules: Rules): boolean {
  const repaired = new Uint8Array(file);
  repaired[byte] = (file[byte] ?? 0) ^ (1 << bit);
  const head = batchHeadAt(repaired, position, salt);
  if (!head) return false;
  const to = position + FRAME_BYTES + head.length;
  if (to > file.length || bodyDifference(repaired, position, head.length, salt) !== 0) return false;
  if (isZero(file, ...share(byte, position, to))) return false;
  return decodeEntries(repaired.subarray(position + FRAME_BYTES, to), head.count, rules.endByte) !== undefined;
}
