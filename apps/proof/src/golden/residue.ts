import { BATCH_HEADER, type Batch, batchesOf, SEGMENT_HEADER } from "./batches.ts";
import { type Committed, NOTHING } from "./expected.ts";
import type { Golden } from "./load-golden.ts";
import { type Files, segmentsIn } from "./places.ts";

const SECTOR = 512;

/**
 * The one older commit that may come back from a golden directory with these files, because nothing in them tells the damage
 * from a write that never finished; `undefined` when there is none, as after almost all damage. The log's README names what is
 * left: a newest segment that was cut, or whose last batch lacks a sector, with every proof gone that the batch was durable.
 */
export function olderCommit(golden: Golden, damaged: Files): Committed | undefined {
  const path = segmentsIn(golden.files).at(-1) ?? "";
  const before = golden.files.get(path);
  const after = damaged.get(path);
  if (!before || !after || !isSame(before, after, 0, SEGMENT_HEADER) || isOneBit(before, after)) return undefined;
  const batches = batchesOf(before);
  const lost = batches.find(({ offset, end, isWhole }) => isWhole && !isSame(before, after, offset, end));
  if (lost === undefined || !looksTorn(lost, before, after)) return undefined;
  const isHeader = ({ offset }: Batch): boolean => isSame(before, after, offset, offset + BATCH_HEADER);
  const proofs = batches.filter((batch) => batch.offset > lost.offset && isHeader(batch)).map(({ durableLsn }) => durableLsn);
  const isProven = [...proofs, ...witnesses(golden, damaged)].some((lsn) => lsn >= lost.firstLsn);
  return isProven ? undefined : (golden.commits.filter(({ position }) => position < lost.firstLsn).at(-1) ?? NOTHING);
}

function isSame(before: Uint8Array, after: Uint8Array, from: number, to: number): boolean {
  if (after.length < to) return false;
  for (let at = from; at < to; at++) if (before[at] !== after[at]) return false;
  return true;
}

/** No write tears a single bit. */
function isOneBit(before: Uint8Array, after: Uint8Array): boolean {
  if (before.length !== after.length) return false;
  let bits = 0;
  for (const [at, byte] of before.entries()) for (let difference = byte ^ (after[at] ?? 0); difference > 0; difference &= difference - 1) bits++;
  return bits === 1;
}

/** Whether the batch, or its header where that can't be read, reaches beyond the file, lacks its share of a sector, or its last byte. */
function looksTorn({ offset, end }: Batch, before: Uint8Array, after: Uint8Array): boolean {
  const hasHeader = isSame(before, after, offset, offset + BATCH_HEADER);
  const until = hasHeader ? end : offset + BATCH_HEADER;
  if (after.length < until || (hasHeader && after[end - 1] === 0)) return true;
  for (let from = offset; from < until; ) {
    const to = Math.min(until, (Math.floor(from / SECTOR) + 1) * SECTOR);
    if (after.subarray(from, to).every((byte) => byte === 0)) return true;
    from = to;
  }
  return false;
}

/** Checkpoints whose metadata are whole say how far the log once was. */
function witnesses(golden: Golden, damaged: Files): readonly number[] {
  const positions: number[] = [];
  for (const [path, before] of golden.files) {
    const after = damaged.get(path);
    if (!/\/checkpoint_[0-9a-f]{16}\/metadata\.json$/.test(path) || after?.length !== before.length || !isSame(before, after, 0, before.length)) continue;
    positions.push((JSON.parse(new TextDecoder().decode(before)) as { readonly walPosition: number }).walPosition);
  }
  return positions;
}
