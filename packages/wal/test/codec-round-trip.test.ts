import { describe, expect, it } from "vitest";
import { bytesCodec, msgpackCodec } from "../src/index.ts";
import { BIGINTS, CHARACTERS, expectSame, KEYS, LENGTHS, NUMBERS, randomValue, TIMES } from "./codec-values.ts";
import { seeded } from "./logs.ts";

const codec = msgpackCodec<unknown>();
const again = (value: unknown): unknown => codec.decode(Uint8Array.from(codec.encode(value)));
const expectBack = (value: unknown, about: string): void => expectSame(again(value), value, about);

describe("msgpackCodec gives back what went in", () => {
  it("over random values of every kind", () => {
    const seed = 20_261_203;
    const random = seeded(seed);
    const rounds = 20_000;
    let bytes = 0;
    for (let round = 0; round < rounds; round++) {
      const value = randomValue(random);
      bytes += codec.encode(value).length;
      expectBack(value, `seed ${seed}, round ${round}`);
    }
    console.log(`${rounds} random values, ${bytes} bytes, seed ${seed}`);
  });

  it("every number as a number and every bigint as a bigint, at all boundaries", () => {
    for (const value of NUMBERS) expectBack(value, `the number ${value}`);
    for (const value of BIGINTS) expectBack(value, `the bigint ${value}`);
    expectBack([-0, 0, { zero: -0 }, new Map([["zero", -0]])], "negative zeros");
  });

  it("strings of every length and every width of character", () => {
    for (const character of CHARACTERS) {
      for (const length of LENGTHS) expectBack(character.repeat(length), `${length} times ${JSON.stringify(character)}`);
    }
    for (const length of LENGTHS) expectBack(`\ufeff${"a".repeat(length)}`, `a byte order mark and ${length} letters`);
  });

  it("bytes, arrays, objects and Maps of every length", () => {
    for (const length of LENGTHS) {
      expectBack(new Uint8Array(length).fill(0xc1), `${length} bytes`);
      expectBack(Array.from({ length }, (_, i) => i), `an array of ${length}`);
      expectBack(Object.fromEntries(Array.from({ length }, (_, i) => [`k${i}`, i])), `an object of ${length}`);
      expectBack(new Map(Array.from({ length }, (_, i) => [i, i])), `a Map of ${length}`);
    }
  });

  it("dates over their whole range", () => {
    for (const time of TIMES) expectBack(new Date(time), `the time ${time}`);
  });

  it("objects with any key, none of which reaches a prototype", () => {
    for (const key of KEYS) {
      const value = Object.fromEntries([[key, { [key]: 1, polluted: true }]]);
      const back = again(value) as object;
      expectSame(back, value, JSON.stringify(key));
      expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
      expect(Object.getOwnPropertyDescriptor(back, key)).toMatchObject({ writable: true, enumerable: true, configurable: true });
    }
    expect("polluted" in {}).toBe(false);
  });

  it("objects that look like the forms of something else", () => {
    const looks = [{ null: [] }, { null: 0 }, { "": "-0" }, { undefined: "undefined" }, new Map([[null, [1, 2]]]), new Map([[null, "-0"]]), new Map<unknown, unknown>([[undefined, -0]]), "-0", "undefined", [null, "-0"]];
    for (const [i, value] of looks.entries()) expectBack(value, `look ${i}`);
  });

  it("Maps with keys of any kind, in their order", () => {
    const value = new Map<unknown, unknown>([[Number.NaN, 1], [1n, "bigint"], [1, "number"], ["1", "string"], [null, null], [undefined, undefined], [{ a: 1 }, []], [new Map(), new Map([[new Date(1), -0]])]]);
    expectBack(value, "a Map");
    expect([...(again(value) as Map<unknown, unknown>).values()]).toStrictEqual([...value.values()]);
  });

  it("undefined where it stands, and nothing where nothing stands", () => {
    expectBack(undefined, "undefined alone");
    expectBack([undefined, null, [undefined]], "in arrays");
    expectBack({ a: undefined, b: { c: undefined } }, "in objects");
    expectBack({}, "an empty object");
    expect(Object.keys(again({ a: undefined }) as object)).toEqual(["a"]);
  });

  it("values nested as deep as the limit, of every container", () => {
    const nested = (wrap: (inner: unknown) => unknown): unknown => Array.from({ length: 128 }).reduce((inner) => wrap(inner), new Date(5));
    expectBack(nested((inner) => [inner]), "arrays");
    expectBack(nested((inner) => ({ inner })), "objects");
    expectBack(nested((inner) => new Map([["inner", inner]])), "Maps");
    expectBack(nested((inner) => new Map([[inner, 1]])), "Maps as keys");
  });

  it("an object without a prototype as an ordinary one, and a shared one twice", () => {
    const bare = Object.assign(Object.create(null) as object, { a: 1 });
    expectSame(again(bare), { a: 1 }, "without a prototype");
    const shared = { a: 1 };
    const [first, second] = again([shared, shared]) as object[];
    expect(first).toEqual(second);
    expect(first).not.toBe(second);
  });

  it("what a getter says, which is asked once", () => {
    let asked = 0;
    const value = { get count() { return ++asked; } };
    expectSame(again(value), { count: 1 }, "a getter");
    expect(asked).toBe(1);
  });

  it("bytes as plain views of what was decoded, whatever class they came as", () => {
    const encoded = Uint8Array.from(codec.encode({ buffer: Buffer.from("ab"), part: new Uint8Array([9, 1, 2, 9]).subarray(1, 3) }));
    for (const given of [encoded, Buffer.from(encoded.buffer)]) {
      const back = codec.decode(given) as { buffer: Uint8Array; part: Uint8Array };
      expectSame(back, { buffer: Uint8Array.of(97, 98), part: Uint8Array.of(1, 2) }, "bytes");
      expect(back.part.buffer).toBe(given.buffer);
      expect(Object.getOwnPropertyNames(given).filter((name) => !/^\d+$/.test(name))).toEqual([]);
    }
  });

  it("with any number of codecs at once, one inside the other", () => {
    const other = msgpackCodec<unknown>();
    const outer = codec.encode({ get inner() { return Uint8Array.from(other.encode([1, { get deeper() { return Uint8Array.from(codec.encode("x")); } }])); }, after: "y" });
    const kept = Uint8Array.from(outer);
    for (let i = 0; i < 5000; i++) expectSame(other.decode(other.encode({ i })), { i }, `${i}`);
    expectSame(outer, kept, "an encoding after 5,000 others");
    const { inner, after } = codec.decode(outer) as { inner: Uint8Array; after: string };
    const [, { deeper }] = other.decode(inner) as [number, { deeper: Uint8Array }];
    expect([codec.decode(deeper), after]).toEqual(["x", "y"]);
  });
});

describe("bytesCodec", () => {
  it("gives back the bytes, as a plain view of those that were stored", () => {
    const stored = Buffer.from([1, 2, 3]);
    const back = bytesCodec.decode(bytesCodec.encode(stored));
    expectSame(back, Uint8Array.of(1, 2, 3), "bytes");
    expect(back.buffer).toBe(stored.buffer);
  });

  it("refuses what isn't a Uint8Array", () => {
    const wrong = [undefined, null, "ab", [1], new ArrayBuffer(2), new Uint16Array(2), new DataView(new ArrayBuffer(2)), { length: 2 }];
    for (const entry of wrong) expect(() => bytesCodec.encode(entry as unknown as Uint8Array)).toThrow(TypeError);
  });
});
