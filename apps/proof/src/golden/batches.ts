import { crc32 } from "@laminar/disk/checksum";

/** A batch of a segment, read by what the log's FORMAT.md says and by nothing of the log's own code. */
export interface Batch {
  readonly offset: number;
  /** Where the next one begins. */
  readonly end: number;
  readonly firstLsn: number;
  /** The highest LSN that was durable when it was built. */
  readonly durableLsn: number;
  /** Whether its body is there, too. */
  readonly isWhole: boolean;
}

export const SEGMENT_HEADER = 128;
export const BATCH_HEADER = 48;
const MAGIC = 0xb7c3a5d1;

/** The batches of an undamaged segment, in order. What follows the first one that isn't whole isn't looked at. */
export function batchesOf(segment: Uint8Array): readonly Batch[] {
  const data = new DataView(segment.buffer, segment.byteOffset, segment.byteLength);
  const salt = data.getUint32(48, true);
  const batches: Batch[] = [];
  for (let offset = SEGMENT_HEADER; offset + BATCH_HEADER <= segment.length; ) {
    const checksum = (from: number, to: number): number => crc32(segment.subarray(from, to), crc32(prefix(salt, offset)));
    const isHeader = data.getUint32(offset, true) === MAGIC && data.getUint32(offset + 44, true) === checksum(offset, offset + 44);
    if (!isHeader) break;
    const end = offset + BATCH_HEADER + data.getUint32(offset + 4, true);
    const isWhole = end <= segment.length && data.getUint32(offset + 40, true) === checksum(offset + BATCH_HEADER, end);
    batches.push({ offset, end, firstLsn: Number(data.getBigUint64(offset + 8, true)), durableLsn: Number(data.getBigUint64(offset + 32, true)), isWhole });
    if (!isWhole) break;
    offset = end;
  }
  return batches;
}

function prefix(salt: number, offset: number): Uint8Array {
  const bytes = new Uint8Array(12);
  const data = new DataView(bytes.buffer);
  data.setUint32(0, salt, true);
  data.setBigUint64(4, BigInt(offset), true);
  return bytes;
}
