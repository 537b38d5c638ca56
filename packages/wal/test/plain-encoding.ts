import type { WalEntryInput } from "../src/index.ts";

/** The same bytes as the log's encoder, said as plainly as possible: what FORMAT.md says about entries, field by field. */
export function encodePlainly(entry: WalEntryInput): number[] {
  if (entry.type === "put") return [0x92, ...binary(entry.key), ...binary(entry.value)];
  if (entry.type === "delete") return [0x91, ...binary(entry.key)];
  if (entry.type === "checkpoint") return [0x92, 1, ...integer(BigInt(entry.id))];
  const offsets = [...entry.offsets].flatMap(([source, offset]) => [...name(source), ...integer(BigInt(offset))]);
  const watermark = entry.watermark === undefined ? [0xc0] : integer(BigInt(entry.watermark));
  return [0x93, 0, 0xde, ...bigEndian(BigInt(entry.offsets.size), 2), ...offsets, ...watermark];
}

function binary(bytes: Uint8Array): number[] {
  const width = bytes.length < 2 ** 8 ? 1 : bytes.length < 2 ** 16 ? 2 : 4;
  return [{ 1: 0xc4, 2: 0xc5, 4: 0xc6 }[width], ...bigEndian(BigInt(bytes.length), width), ...bytes];
}

function name(text: string): number[] {
  const bytes = new TextEncoder().encode(text);
  const width = bytes.length < 2 ** 8 ? 1 : 2;
  return [{ 1: 0xd9, 2: 0xda }[width], ...bigEndian(BigInt(bytes.length), width), ...bytes];
}

function integer(value: bigint): number[] {
  return [value >= 2n ** 63n ? 0xcf : 0xd3, ...bigEndian(value, 8)];
}

function bigEndian(value: bigint, width: number): number[] {
  return Array.from({ length: width }, (_, i) => Number((value >> BigInt(8 * (width - 1 - i))) & 0xffn));
}
