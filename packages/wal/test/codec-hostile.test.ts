import { describe, expect, it } from "vitest";
import { msgpackCodec } from "../src/index.ts";
import { expectSame, randomValue } from "./codec-values.ts";
import { seeded } from "./logs.ts";

const codec = msgpackCodec<unknown>();
const decode = (...bytes: number[]): unknown => codec.decode(Uint8Array.from(bytes));
const text = new TextEncoder();
const PROTOTYPES = [Object.prototype, Array.prototype, Map.prototype, Date.prototype, Uint8Array.prototype];
const before = PROTOTYPES.map((prototype) => Reflect.ownKeys(prototype));

function expectPrototypesUntouched(about: string): void {
  expect(PROTOTYPES.map((prototype) => Reflect.ownKeys(prototype)), about).toEqual(before);
}

/** Nothing but what `encode` takes, each object with the prototype that it should have. */
function requirePlain(value: unknown): void {
  if (typeof value !== "object" || value === null) {
    if (typeof value === "function" || typeof value === "symbol") throw new Error(`a ${typeof value} came out`);
    return;
  }
  const expected = Array.isArray(value) ? Array : value instanceof Map ? Map : value instanceof Date ? Date : value instanceof Uint8Array ? Uint8Array : Object;
  if (Object.getPrototypeOf(value) !== expected.prototype) throw new Error(`something with a foreign prototype came out`);
  if (value instanceof Map) for (const pair of value) pair.forEach(requirePlain);
  else if (!(value instanceof Uint8Array)) for (const item of Object.values(value)) requirePlain(item);
}

/** A value, which must be plain and go round again, or a typed refusal. */
function outcome(bytes: Uint8Array, about: string): "value" | "refused" {
  let value: unknown;
  try {
    value = codec.decode(bytes);
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return "refused";
    throw new Error(`${about}: ${String(error)}`, { cause: error });
  }
  try {
    requirePlain(value);
    expectSame(codec.decode(codec.encode(value)), value, about);
  } catch (error) {
    throw new Error(`${about}: what was decoded is no plain value: ${String(error)}`, { cause: error });
  }
  return "value";
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const below = (random: () => number, count: number): number => Math.floor(random() * count);

/** Bytes with the structure of MessagePack, of which nothing else can be relied on. */
function structured(random: () => number, levels = 4): number[] {
  const lie = random() < 0.1 ? below(random, 3) - 1 : 0;
  const many = (count: number): number[] => Array.from({ length: Math.max(0, count + lie) }, () => structured(random, levels - 1)).flat();
  const raw = (count: number): number[] => Array.from({ length: Math.max(0, count + lie) }, () => below(random, random() < 0.7 ? 0x80 : 0x100));
  const count = below(random, 5);
  const kind = below(random, levels > 0 ? 16 : 9);
  if (kind < 2) return [below(random, 256)];
  if (kind < 4) return [0xa0 + count, ...raw(count)];
  if (kind === 4) return [0xca + below(random, 10), ...raw([4, 8, 1, 2, 4, 8, 1, 2, 4, 8][below(random, 10)] ?? 0)];
  if (kind === 5) return [[0xc4, 0xd9][below(random, 2)] ?? 0, count, ...raw(count)];
  if (kind === 6) return [[0xc5, 0xda][below(random, 2)] ?? 0, 0, count, ...raw(count)];
  if (kind === 7) return [[0xc6, 0xdb][below(random, 2)] ?? 0, 0, 0, 0, count, ...raw(count)];
  if (kind === 8) return random() < 0.5 ? [0xd4 + below(random, 5), below(random, 256), ...raw(1 + count)] : [0xc7, count, below(random, 256), ...raw(count)];
  if (kind < 11) return [0x90 + count, ...many(count)];
  if (kind === 11) return [0xdc, 0, count, ...many(count)];
  if (kind < 14) return [0x80 + count, ...Array.from({ length: count }, () => [...(random() < 0.7 ? [0xa1, 0x61 + below(random, 4)] : structured(random, 0)), ...structured(random, levels - 1)]).flat()];
  if (kind === 14) return [0x81, 0xc0, ...structured(random, levels - 1)];
  return [0xde, 0, count, ...many(2 * count)];
}

/** One to three changes of a valid encoding. */
function mutated(random: () => number, valid: Uint8Array, other: Uint8Array): Uint8Array {
  let bytes = Array.from(valid);
  for (let changes = 1 + below(random, 3); changes > 0; changes--) {
    const at = below(random, bytes.length + 1);
    const kind = below(random, 6);
    if (kind === 0) bytes[below(random, bytes.length)] = below(random, 256);
    else if (kind === 1 && bytes.length > 0) bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ (1 << below(random, 8));
    else if (kind === 2) bytes = bytes.slice(0, at);
    else if (kind === 3) bytes.splice(at, 0, below(random, 256));
    else if (kind === 4) bytes.splice(at, 1 + below(random, 4));
    else bytes.splice(at, below(random, 8), ...other.subarray(below(random, other.length)));
  }
  return Uint8Array.from(bytes);
}

describe("msgpackCodec on bytes of any origin", () => {
  const seed = 20_261_204;

  function fuzz(cases: number, name: string, make: (random: () => number) => Uint8Array): void {
    const random = seeded(seed);
    const count = { value: 0, refused: 0 };
    for (let i = 0; i < cases; i++) {
      const bytes = make(random);
      count[outcome(bytes, `seed ${seed}, case ${i}, ${hex(bytes)}`)]++;
      if (i % 1000 === 0) expectPrototypesUntouched(`seed ${seed}, case ${i}`);
    }
    expectPrototypesUntouched(`seed ${seed}`);
    console.log(`${cases} ${name}, seed ${seed}: ${count.value} plain values, ${count.refused} typed refusals`);
    expect(Math.min(count.value, count.refused)).toBeGreaterThan(cases / 100);
  }

  it("gives a plain value or a typed refusal for 100,000 structured byte strings", () => {
    fuzz(100_000, "structured byte strings", (random) => Uint8Array.from(structured(random)));
  });

  it("gives a plain value or a typed refusal for 120,000 mutations of valid encodings", () => {
    const random = seeded(seed + 1);
    const valid = Array.from({ length: 2000 }, () => Uint8Array.from(codec.encode(randomValue(random, 3)))).filter(({ length }) => length < 400);
    const pick = (from: () => number): Uint8Array => valid[below(from, valid.length)] ?? Uint8Array.of(0xc0);
    fuzz(120_000, `mutations of ${valid.length} valid encodings`, (from) => mutated(from, pick(from), pick(from)));
  });

  it("refuses every valid encoding that was cut short, or that something follows", () => {
    const random = seeded(seed + 2);
    let cuts = 0;
    for (let round = 0; round < 300; round++) {
      const bytes = Uint8Array.from(codec.encode(randomValue(random, 3)));
      for (let length = 0; length < Math.min(bytes.length, 300); length++) {
        expect(() => codec.decode(bytes.subarray(0, length)), hex(bytes)).toThrow(/^not an entry of this codec: (an end before the end of the value|a count of \d+, more than the bytes left), at byte \d+$/);
        cuts++;
      }
      expect(() => codec.decode(Uint8Array.from([...bytes, 0xc0])), hex(bytes)).toThrow(/bytes after the value/);
    }
    console.log(`${cuts} cuts, seed ${seed + 2}`);
  });

  const lies: readonly (readonly [string, readonly number[]])[] = [
    ["bin8", [0xc4, 0xff]],
    ["bin16", [0xc5, 0xff, 0xff]],
    ["bin32", [0xc6, 0x1f, 0xff, 0xff, 0xff]],
    ["str8", [0xd9, 0xff]],
    ["str16", [0xda, 0xff, 0xff]],
    ["str32", [0xdb, 0x1f, 0xff, 0xff, 0xff]],
    ["fixstr", [0xbf]],
    ["fixarray", [0x9f]],
    ["array16", [0xdc, 0xff, 0xff]],
    ["array32", [0xdd, 0x01, 0xff, 0xff, 0xff]],
    ["array32 at its most", [0xdd, 0xff, 0xff, 0xff, 0xff]],
    ["fixmap", [0x8f]],
    ["map16", [0xde, 0xff, 0xff]],
    ["map32", [0xdf, 0x01, 0xff, 0xff, 0xff]],
    ["map32 at its most", [0xdf, 0xff, 0xff, 0xff, 0xff]],
    ["ext32", [0xc9, 0xff, 0xff, 0xff, 0xff, 0x01]],
  ];

  it.each(lies)("refuses a %s that claims more than there is, in a few bytes, without taking memory for it", (_name, header) => {
    const peak = process.resourceUsage().maxRSS;
    for (const bytes of [header, [...header, 0, 0, 0], [0x91, ...header, 1], [0x81, 0xa1, 0x61, ...header, 1], [0x81, 0xc0, ...header, 1], [0x92, ...header, ...header]]) {
      for (let i = 0; i < 20; i++) expect(() => decode(...bytes)).toThrow(RangeError);
    }
    // A single one that was believed would take from 128 MiB to 32 GiB; kibibytes here.
    expect(process.resourceUsage().maxRSS - peak).toBeLessThan(96 * 1024);
  });

  it("refuses a count before it looks at a single value of it, and says what it was", () => {
    const many = Array.from({ length: 1000 }, () => 0xc0);
    for (const header of [[0xdc, 0x03, 0xe9], [0xdd, 0, 0, 0x03, 0xe9]]) expect(() => decode(...header, ...many)).toThrow(`a count of 1001, more than the bytes left, at byte ${header.length}`);
    for (const header of [[0xde, 0x01, 0xf5], [0xdf, 0, 0, 0x01, 0xf5]]) expect(() => decode(...header, ...many)).toThrow(`a count of 1002, more than the bytes left, at byte ${header.length}`);
    expect(() => decode(0x91, 0x9f, ...many.slice(0, 14))).toThrow("a count of 15, more than the bytes left, at byte 2");
    expect(() => decode(...Array.from({ length: 200 }, () => [0xdc, 0x01, 0x00]).flat())).toThrow(RangeError);
  });

  it("refuses nesting without end, and takes the deepest that it writes", () => {
    for (const wrap of [[0x91], [0x81, 0xa1, 0x61], [0x81, 0xc0], [0x82, 0xc0, 0xc0]]) {
      const bytes = new Uint8Array(wrap.length * 100_000).map((_, i) => wrap[i % wrap.length] ?? 0);
      expect(() => codec.decode(bytes)).toThrow(/nested more than 257 deep/);
    }
    expect(() => decode(...Array.from({ length: 257 }, () => 0x91), 0xc0)).not.toThrow();
    expect(() => decode(...Array.from({ length: 258 }, () => 0x91), 0xc0)).toThrow(RangeError);
  });

  it("knows no extension types: no records, dates, errors, undefined, references or bundles of msgpackr's", () => {
    for (let tag = 0xd4; tag <= 0xd8; tag++) {
      for (const type of [0, 0x42, 0x62, 0x65, 0x69, 0x70, 0x72, 0x73, 0x74, 0x78, 0xff]) {
        expect(() => decode(tag, type, ...Array.from({ length: 16 }, () => 0x40))).toThrow(/extension type/);
        expect(() => decode(0x92, tag, type, ...Array.from({ length: 16 }, () => 0x40))).toThrow(/extension type/);
      }
    }
    for (const tag of [0xc1, 0xc7, 0xc8, 0xc9]) expect(() => decode(tag, 1, 0x73, 0x90)).toThrow(/extension type/);
    expect(decode(0x92, 0x40, 0x7f)).toEqual([0x40, 0x7f]);
  });

  it("makes __proto__ a key like any other, whoever wrote it", () => {
    const key = text.encode("__proto__");
    const value = decode(0x81, 0xa0 + key.length, ...key, 0x81, 0xa8, ...text.encode("polluted"), 0xc3) as object;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value)).toEqual(["__proto__"]);
    expect("polluted" in value).toBe(false);
    const twice = decode(0x82, 0xa1, 0x61, 1, 0xa1, 0x61, 2);
    expect(twice).toEqual({ a: 2 });
    expectPrototypesUntouched("__proto__");
  });

  it("defines what a prototype would intercept", () => {
    const trap = { configurable: true, get: () => "trapped", set: () => expect.fail("assigned") };
    Reflect.defineProperty(Object.prototype, "trap", trap);
    try {
      expect(Object.getOwnPropertyDescriptor(decode(0x81, 0xa4, ...text.encode("trap"), 5), "trap")).toMatchObject({ value: 5, writable: true });
    } finally {
      Reflect.deleteProperty(Object.prototype, "trap");
    }
  });

  it.each([
    ["a key that is a number", [0x81, 1, 1]],
    ["a key that is an array", [0x81, 0x90, 1]],
    ["nil as a key among others", [0x82, 0xc0, 1, 0xa1, 0x61, 1]],
    ["a Map whose last key has no value", [0x81, 0xc0, 0x91, 1]],
    ["a date between milliseconds", [0x81, 0xc0, 0xcb, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0]],
    ["a date beyond all dates", [0x81, 0xc0, 0xcb, 0x7f, 0xe0, 0, 0, 0, 0, 0, 0]],
    ["a date that is a bigint", [0x81, 0xc0, 0xd3, 0, 0, 0, 0, 0, 0, 0, 1]],
    ["a word that stands for nothing", [0x81, 0xc0, 0xa2, 0x2b, 0x30]],
    ["a binary string without U+FEFF", [0x81, 0xc0, 0xc4, 1, 0x61]],
    ["a binary string that isn't UTF-8", [0x81, 0xc0, 0xc4, 4, 0xef, 0xbb, 0xbf, 0xff]],
    ["a string with U+FEFF, which some readers drop", [0xa4, 0xef, 0xbb, 0xbf, 0x61]],
    ["bytes that aren't UTF-8 in a fixstr", [0xa2, 0x61, 0xff]],
    ["bytes that aren't UTF-8 in a str8", [0xd9, 2, 0x61, 0xff]],
    ["bytes that aren't UTF-8 in a str16", [0xda, 0, 2, 0x61, 0xff]],
    ["bytes that aren't UTF-8 in a str32", [0xdb, 0, 0, 0, 2, 0x61, 0xff]],
    ["nothing at all", []],
  ])("refuses %s", (_name, bytes) => {
    expect(() => decode(...bytes)).toThrow(expect.toSatisfy((error) => error instanceof RangeError || error instanceof TypeError) as Error);
  });

  it("takes a string for UTF-8 exactly when the platform does, over all pairs of bytes and many longer", () => {
    const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const random = seeded(seed + 3);
    const edges = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff];
    let checked = 0;
    const check = (...bytes: number[]): void => {
      let expected: string | undefined;
      try {
        expected = strict.decode(Uint8Array.from(bytes));
      } catch {
        expected = undefined;
      }
      let actual: unknown;
      try {
        actual = decode(0xd9, bytes.length, ...bytes);
      } catch {
        actual = undefined;
      }
      if (expected?.startsWith("\ufeff") !== true && actual !== expected) expect(actual, hex(Uint8Array.from(bytes))).toBe(expected);
      checked++;
    };
    for (let first = 0; first < 256; first++) for (let second = 0; second < 256; second++) check(first, second);
    for (const first of edges) for (const second of edges) for (const third of edges) for (const fourth of first < 0xf0 ? [0] : edges) check(first, second, third, fourth);
    for (let i = 0; i < 20_000; i++) check(...Array.from({ length: below(random, 100) }, () => (random() < 0.5 ? below(random, 256) : (edges[below(random, edges.length)] ?? 0))));
    console.log(`${checked} strings checked against the platform's decoder, seed ${seed + 3}`);
  });

  it("refuses what isn't bytes", () => {
    for (const wrong of [undefined, null, "a", [1], new ArrayBuffer(1)]) expect(() => codec.decode(wrong as unknown as Uint8Array)).toThrow(TypeError);
  });
});
