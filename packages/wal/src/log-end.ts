import { repairOneBit } from "./bit-flip.ts";
import { BATCH_END, BATCH_HEADER_BYTES, BATCH_MAGIC, decodeBatchHeader, ENTRIES_STANDARD, SECTOR_BYTES } from "./segment-format.ts";
import { decodeBinaries, decodeStandard } from "./standard-entries.ts";
import { lengthWithoutZeros } from "./trailing-zeros.ts";

/** What the first place of the newest segment that doesn't verify means. */
export type EndVerdict =
  | { readonly kind: "clean" }
  | { readonly kind: "torn" }
  | { readonly kind: "corrupt"; readonly why: string }
  | { readonly kind: "suspected"; readonly why: string };

/** The tail of the newest segment from that place on, and what is known of the log. */
export interface Tail {
  readonly bytes: Uint8Array;
  /** Where `bytes` begin in the file. */
  readonly position: number;
  readonly salt: number;
  readonly entryKind: number;
  /** The LSN that should have come. */
  readonly expected: number;
}

const allZero = (bytes: Uint8Array, from: number, to: number): boolean => {
  for (let i = from; i < to; i++) if (bytes[i] !== 0) return false;
  return true;
};

/** The part of [0, end) of the tail that lies in the same sector of the file as `at`. */
function share(tail: Tail, at: number, end: number): readonly [number, number] {
  const sector = Math.floor((tail.position + at) / SECTOR_BYTES) * SECTOR_BYTES - tail.position;
  return [Math.max(0, sector), Math.min(end, sector + SECTOR_BYTES)];
}

/** Whether a torn write can explain that the first `length` bytes don't verify: it reaches beyond the file, or a sector of it never arrived. */
function tornExplains(tail: Tail, length: number): boolean {
  if (length > tail.bytes.length) return true;
  for (let at = 0; at < length; ) {
    const [from, to] = share(tail, at, length);
    if (allZero(tail.bytes, from, to)) return true;
    at = to;
  }
  return length > BATCH_HEADER_BYTES && tail.bytes[length - 1] === 0;
}

/** Whether something later in the segment says that the expected record was durable: then a torn write is no excuse. */
function laterProof(tail: Tail): number | undefined {
  const first = BATCH_MAGIC & 0xff;
  for (let at = tail.bytes.indexOf(first, 1); at >= 0; at = tail.bytes.indexOf(first, at + 1)) {
    const header = decodeBatchHeader(tail.bytes, at, tail.salt, tail.position + at);
    if (header && header.durableLsn >= tail.expected) return tail.position + at;
  }
  return undefined;
}

function decodes(body: Uint8Array, count: number, entryKind: number): boolean {
  if (body[body.length - 1] !== BATCH_END) return false;
  try {
    (entryKind === ENTRIES_STANDARD ? decodeStandard : decodeBinaries)(body, body.length - 1, count);
    return true;
  } catch {
    return false;
  }
}

/** The rules for the end of a log, in the order in which they are asked. Reading errors never get here. */
export function judgeEnd(found: Tail): EndVerdict {
  // A write that was cut short anywhere looks the same, whether the file ended there or in zeros.
  const tail = { ...found, bytes: found.bytes.subarray(0, lengthWithoutZeros(found.bytes)) };
  const { bytes, salt, position, expected } = tail;
  if (bytes.length === 0) return { kind: "clean" };
  const proof = laterProof(tail);
  if (proof !== undefined) return { kind: "corrupt", why: `a batch at offset ${proof} says that record ${expected} was durable` };
  const header = decodeBatchHeader(bytes, 0, salt, position);
  if (header && header.firstLsn !== expected) return { kind: "corrupt", why: `a batch begins with record ${header.firstLsn}, not ${expected}` };
  if (header && header.durableLsn >= expected) return { kind: "corrupt", why: "the batch contradicts its own numbers" };
  if (!tornExplains(tail, BATCH_HEADER_BYTES + (header ? header.bodyBytes : 0))) {
    return { kind: "suspected", why: "no torn write leaves such bytes" };
  }
  const repair = repairOneBit(bytes, salt, position);
  if (!repair || !decodes(repair.body, repair.header.count, tail.entryKind)) return { kind: "torn" };
  const [from, to] = share(tail, repair.byte, BATCH_HEADER_BYTES + repair.header.bodyBytes);
  return allZero(bytes, from, to) ? { kind: "torn" } : { kind: "suspected", why: `one flipped bit at offset ${position + repair.byte} explains it` };
}
