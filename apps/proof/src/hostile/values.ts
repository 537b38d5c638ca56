import { isDeepStrictEqual } from "node:util";
import { msgpackCodec, type WalCodec } from "@laminar/wal";
import type { Choices } from "../random.ts";
import { damaged, randomBytes } from "./bytes.ts";
import type { Decoder, Hostile, Outcome } from "./decoder.ts";

const codec: WalCodec<unknown> = msgpackCodec();
const KEYS = ["a", "b", "__proto__", "constructor", "\ufeffmark", "", "0", "é"];
const SPECIAL: readonly unknown[] = [null, true, 0, -0, 1, -1, 1.5, NaN, Infinity, 2 ** 53, -(2 ** 31), 2n ** 64n - 1n, -(2n ** 63n), 5n, "", "text", "\ufeff", "😀", undefined];

/** A plain value of few parts. */
function valueOf(choices: Choices, levels: number): unknown {
  const kind = choices.whole(levels > 0 ? 10 : 6);
  const many = choices.whole(4);
  if (kind < 3) return choices.one(SPECIAL);
  if (kind === 3) return randomBytes(choices, choices.one([0, 1, 5, 40]));
  if (kind === 4) return new Date(choices.whole(2 ** 31) * 1000);
  if (kind === 5) return choices.whole(2 ** 31) - 2 ** 30;
  if (kind < 8) return Array.from({ length: many }, () => valueOf(choices, levels - 1));
  const entries = Array.from({ length: many }, () => [choices.one(KEYS), valueOf(choices, levels - 1)] as const);
  return kind === 8 ? Object.fromEntries(entries) : new Map(entries.map(([key, value]) => [choices.chance(0.5) ? key : valueOf(choices, 0), value]));
}

/** The tag of a container or of a length, and how many bytes its number has. */
const LENGTHS = [[0xc4, 1], [0xc5, 2], [0xc6, 4], [0xd9, 1], [0xda, 2], [0xdb, 4], [0xdc, 2], [0xdd, 4], [0xde, 2], [0xdf, 4], [0xc7, 1], [0xc8, 2], [0xc9, 4]] as const;

/** Bytes that look like values, with lengths and counts that may lie. */
function structureOf(choices: Choices, levels: number): number[] {
  const kind = choices.whole(levels > 0 ? 8 : 4);
  if (kind === 0) return [choices.whole(256)];
  if (kind === 1) return [0xca + choices.whole(10), ...randomBytes(choices, choices.one([1, 2, 4, 8]))];
  if (kind === 2) {
    const length = choices.whole(6);
    return [0xa0 + length, ...randomBytes(choices, length).map((byte) => (choices.chance(0.8) ? byte & 0x7f : byte))];
  }
  if (kind === 3) {
    const [tag, width] = choices.one(LENGTHS);
    const claimed = choices.chance(0.5) ? choices.whole(8) : choices.one([0xff, 0x80, 0x7f]);
    return [tag, ...Array.from({ length: width }, (_, i) => (i === width - 1 || choices.chance(0.2) ? claimed : 0)), ...randomBytes(choices, choices.whole(8))];
  }
  const count = choices.whole(4);
  const items = (length: number): number[] => Array.from({ length }, () => structureOf(choices, levels - 1)).flat();
  if (kind < 6) return [0x90 + count + Number(choices.chance(0.05)), ...items(count)];
  const key = (): number[] => (choices.chance(0.8) ? [0xa1, 0x61 + choices.whole(3)] : structureOf(choices, 0));
  return kind === 6 ? [0x80 + count, ...Array.from({ length: count }, () => [...key(), ...structureOf(choices, levels - 1)]).flat()] : [0x81, 0xc0, ...structureOf(choices, levels - 1)];
}

function hostileValue(choices: Choices): Hostile {
  if (choices.chance(0.4)) return { bytes: Uint8Array.from(structureOf(choices, 5)), what: "bytes like values", claims: choices.chance(0.02) };
  const valid = Uint8Array.from(codec.encode(valueOf(choices, 3)));
  const { bytes, words } = damaged(valid, choices, Uint8Array.from(codec.encode(valueOf(choices, 2))), 0.7);
  return { bytes, what: `a value with ${words.join(", ") || "nothing wrong"}`, claims: choices.chance(0.02) };
}

/** What a codec's decoder gives, which goes round. */
export function readValue(decoder: WalCodec<unknown>, bytes: Uint8Array): Outcome {
  let value: unknown;
  try {
    value = decoder.decode(bytes);
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return error.name;
    throw error;
  }
  if (!isDeepStrictEqual(decoder.decode(decoder.encode(value)), value)) throw new Error("what was read and written again is another value");
  return "read";
}

export const values: Decoder = { name: "msgpackCodec", share: 0.38, make: hostileValue, read: ({ bytes }) => readValue(codec, bytes) };
