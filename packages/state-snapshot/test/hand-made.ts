import { crc32 } from "@laminar/disk/checksum";

/*
 * A snapshot written field by field as FORMAT.md says, and nothing else: it shares no code with the package, so what it writes and the
 * package reads is what the page says. Every field can be given another value than the right one; checksums are right for what then
 * stands there, unless they are given themselves.
 */

export interface HandMadeEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
  readonly keyLength?: number;
  readonly valueLength?: number;
}

export interface HandMadeBlock {
  readonly entries: readonly HandMadeEntry[];
  readonly marker?: number;
  readonly bodyLength?: number;
  readonly count?: number;
  readonly bodyChecksum?: number;
  readonly headChecksum?: number;
  /** Where the block believes to be. */
  readonly index?: number;
  /** Bytes after the last entry. */
  readonly rest?: Uint8Array;
}

export interface HandMade {
  readonly kind: number;
  readonly blocks: readonly HandMadeBlock[];
  readonly magic?: Uint8Array;
  readonly version?: number;
  readonly features?: number;
  readonly timestamp?: bigint;
  readonly headerChecksum?: number;
  readonly footer?: Partial<Record<"marker" | "checksum" | "blocksChecksum", number> & Record<"entries" | "deletes" | "blocks" | "bytes", bigint>>;
}

type Field = readonly [bytes: 2 | 4 | 8, value: number | bigint];

function written(fields: readonly Field[]): Uint8Array {
  const bytes = new Uint8Array(fields.reduce((sum, [size]) => sum + size, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [size, value] of fields) {
    if (size === 2) view.setUint16(at, Number(value), true);
    else if (size === 4) view.setUint32(at, Number(value), true);
    else view.setBigUint64(at, BigInt(value), true);
    at += size;
  }
  return bytes;
}

const joined = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

export function handMade(made: HandMade): Uint8Array {
  const magic = made.magic ?? Uint8Array.of(0x89, 0x4c, 0x53, 0x4e, 0x50, 0x0d, 0x0a, 0x1a);
  const head = joined([magic, written([[2, made.version ?? 1], [2, made.kind], [4, made.features ?? 0], [8, made.timestamp ?? 1n]])]);
  const headerChecksum = made.headerChecksum ?? crc32(head);
  const header = joined([head, written([[4, headerChecksum]])]);
  const blocks = made.blocks.map((block, index) => blockOf(block, index, headerChecksum));
  return joined([header, ...blocks, footerOf(made, blocks, header.length, headerChecksum)]);
}

function entryOf({ key, value, keyLength, valueLength }: HandMadeEntry): Uint8Array {
  const lengths = written([[4, keyLength ?? key.length], [4, valueLength ?? value?.length ?? 0xffff_ffff]]);
  return joined(value === undefined ? [lengths, key] : [lengths, key, value]);
}

function blockOf(block: HandMadeBlock, index: number, headerChecksum: number): Uint8Array {
  const body = joined([...block.entries.map(entryOf), block.rest ?? new Uint8Array(0)]);
  const head = written([
    [4, block.marker ?? 0xc9a7_d35b],
    [4, block.bodyLength ?? body.length],
    [4, block.count ?? block.entries.length],
    [4, block.bodyChecksum ?? crc32(body)],
  ]);
  const place = written([[4, headerChecksum], [8, block.index ?? index]]);
  return joined([head, written([[4, block.headChecksum ?? crc32(joined([place, head]))]]), body]);
}

function footerOf({ blocks: given, footer = {} }: HandMade, blocks: readonly Uint8Array[], headerBytes: number, headerChecksum: number): Uint8Array {
  const entries = given.flatMap((block) => block.entries);
  const heads = joined(blocks.map((block) => block.subarray(16, 20)));
  const size = headerBytes + blocks.reduce((sum, block) => sum + block.length, 0) + 44;
  const body = written([
    [4, footer.marker ?? 0x5e36_8ce4],
    [8, footer.entries ?? entries.length],
    [8, footer.deletes ?? entries.filter(({ value }) => value === undefined).length],
    [8, footer.blocks ?? blocks.length],
    [8, footer.bytes ?? size],
    [4, footer.blocksChecksum ?? crc32(heads)],
  ]);
  return joined([body, written([[4, footer.checksum ?? crc32(joined([written([[4, headerChecksum]]), body]))]])]);
}
