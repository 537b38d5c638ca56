import type { WalEntry } from "../src/index.ts";

export function randomBytes(random: () => number, max: number): Uint8Array {
  const bytes = new Uint8Array(Math.floor(random() * max));
  for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(random() * 256);
  return bytes;
}

/** Mostly small, sometimes with up to 300 bytes, seldom with up to `most`. */
export function randomEntry(random: () => number, most: number = 70_000): WalEntry {
  const large = random() < 0.02 ? most : random() < 0.2 ? 300 : 40;
  const integer = (): bigint => BigInt.asIntN(64, BigInt(Math.floor(random() * 2 ** 32)) ** 2n * (random() < 0.5 ? 1n : -1n));
  const kind = Math.floor(random() * 4);
  if (kind === 0) return { type: "put", key: randomBytes(random, 40), value: randomBytes(random, large) };
  if (kind === 1) return { type: "delete", key: randomBytes(random, large) };
  if (kind === 2) return { type: "checkpoint", id: Math.floor(random() * Number.MAX_SAFE_INTEGER) };
  const offsets = new Map(Array.from({ length: Math.floor(random() * 5) }, (_, i) => [`source ${i} ${"ü".repeat(Math.floor(random() * 200))}`, integer()]));
  return random() < 0.5 ? { type: "commit", offsets } : { type: "commit", offsets, watermark: integer() };
}
