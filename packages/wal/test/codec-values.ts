import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";

/** Plain values of every kind, and the same over and over from a seed. */

/** Lengths on both sides of where MessagePack's headers grow and where msgpackr changes its ways. */
export const LENGTHS = [0, 1, 2, 15, 16, 17, 31, 32, 33, 61, 62, 63, 64, 65, 127, 128, 255, 256, 257, 65_535, 65_536, 65_537];

/** One, two, three and four bytes long in UTF-8; a byte order mark; the ends of the ranges. */
export const CHARACTERS = ["a", "\0", "\u007f", "\u0080", "ü", "\u07ff", "\u0800", "€", "\ud7ff", "\ue000", "\ufeff", "\uffff", "😀", "\u{10000}", "\u{10ffff}"];

export const KEYS = ["", "a", "id", "__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "toJSON", "then", "length", "0", "17", "-1", "null", "undefined", "a b", "ü", "😀", "\ufeffid", `\ufeff${"x".repeat(80)}`];

const powers = [7, 8, 15, 16, 31, 32, 52, 53, 63, 64];

/** 0, ±1 and every power of two at which a form ends, with its neighbours. */
export const BIGINTS: readonly bigint[] = [0n, 1n, -1n, -32n, -33n, ...powers.flatMap((power) => [-1n, 0n, 1n].flatMap((next) => [2n ** BigInt(power) + next, -(2n ** BigInt(power)) + next]))].filter(
  (value) => value >= -(2n ** 63n) && value < 2n ** 64n,
);

export const NUMBERS: readonly number[] = [
  ...BIGINTS.map(Number),
  -0,
  0.1,
  -1.5,
  1 / 3,
  Number.EPSILON,
  Number.MIN_VALUE,
  -Number.MIN_VALUE,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
  2 ** 53 + 2,
  2 ** 64,
  2 ** 100,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.NaN,
  0.100000001490116119384765625,
];

export const TIMES: readonly number[] = [0, 1, -1, 999, 1000, 1_700_000_000_123, -62_135_596_800_000, 2 ** 32 * 1000, 2 ** 34 * 1000, 8.64e15, -8.64e15];

type Random = () => number;
const below = (random: Random, count: number): number => Math.floor(random() * count);
const pick = <T>(random: Random, items: readonly T[]): T => items[below(random, items.length)] as T;

function randomText(random: Random): string {
  const length = random() < 0.02 ? pick(random, LENGTHS.slice(0, -3)) : below(random, 12);
  const character = pick(random, CHARACTERS);
  return Array.from({ length }, () => (random() < 0.5 ? character : pick(random, CHARACTERS))).join("");
}

const randomKey = (random: Random): string => (random() < 0.6 ? pick(random, KEYS) : randomText(random));

function randomNumber(random: Random): number {
  const kind = random();
  if (kind < 0.4) return pick(random, NUMBERS);
  if (kind < 0.7) return below(random, 2 ** (1 + below(random, 53))) * (random() < 0.5 ? 1 : -1);
  return new DataView(Uint32Array.of(random() * 2 ** 32, random() * 2 ** 32).buffer).getFloat64(0);
}

/** An object as `JSON.parse` makes one: every key an own property. */
function objectOf(entries: readonly (readonly [string, unknown])[]): object {
  return Object.fromEntries(entries);
}

export function randomValue(random: Random, depth = 0): unknown {
  const kind = below(random, depth < 5 ? 16 : 10);
  const count = (): number => below(random, random() < 0.05 ? 20 : 5);
  switch (kind) {
    case 0:
      return pick(random, [null, true, false, undefined]);
    case 1:
    case 2:
    case 3:
      return randomNumber(random);
    case 4:
      return random() < 0.5 ? pick(random, BIGINTS) : BigInt.asIntN(64, BigInt(below(random, 2 ** 53)) * BigInt(below(random, 2 ** 53)));
    case 5:
    case 6:
    case 7:
      return randomText(random);
    case 8:
      return Uint8Array.from({ length: random() < 0.02 ? pick(random, LENGTHS.slice(0, -3)) : below(random, 20) }, () => below(random, 256));
    case 9:
      return new Date(random() < 0.5 ? pick(random, TIMES) : below(random, 2 * 8.64e15) - 8.64e15);
    case 10:
    case 11:
      return Array.from({ length: count() }, () => randomValue(random, depth + 1));
    case 12:
      return new Map(Array.from({ length: count() }, () => [randomValue(random, depth + 2), randomValue(random, depth + 2)] as const));
    default:
      return objectOf(Array.from({ length: count() }, () => [randomKey(random), randomValue(random, depth + 1)] as const));
  }
}

/** Deep equality that tells -0 from 0, a number from a bigint, a missing key from undefined, and a Buffer from an array of bytes. */
export function expectSame(actual: unknown, expected: unknown, about: string): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual, about).toStrictEqual(expected);
  expect(isDeepStrictEqual(actual, expected), about).toBe(true);
}
