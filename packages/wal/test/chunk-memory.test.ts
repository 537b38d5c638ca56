import { expect, it } from "vitest";
import { PieceMemory } from "../src/chunk-memory.ts";

it("gives pieces of the length asked for, few arrays for many of them, and no byte twice", () => {
  const memory = new PieceMemory();
  const lengths = Array.from({ length: 1000 }, (_, i) => [0, 64, 1, 4096, 4097, 1000][i % 6] ?? 0);
  const pieces = lengths.map((length, i) => memory.take(length).fill(i % 251));
  expect(pieces.map(({ length }) => length)).toEqual(lengths);
  for (const [i, piece] of pieces.entries()) expect(piece.every((byte) => byte === i % 251)).toBe(true);
  const arrays = new Set(pieces.map(({ buffer }) => buffer)).size;
  console.log(`${pieces.length} pieces in ${arrays} arrays`);
  expect(arrays).toBeLessThan(pieces.length / 3);
});
