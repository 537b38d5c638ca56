import { describe, expect, it } from "vitest";
import { msgpackCodec } from "../src/index.ts";

const codec = msgpackCodec<unknown>();

class Money {
  readonly amount = 5;
}
class Labels extends Map<string, string> {}
class Stack extends Array<number> {}
class Moment extends Date {}

function itself(): object {
  const value: Record<string, unknown> = { list: [] };
  (value["list"] as unknown[]).push({ back: value });
  return value;
}

const nested = (levels: number): unknown => Array.from({ length: levels }).reduce((inner) => [inner], 1);
const named = Object.assign([1, 2], { label: "x" });
// As many keys as it is long, and the last one means its last index as a number.
const holeAndName = Object.assign([0, 1, 2, 3, 4, 5, 6, 7], { "007": 1 });
Reflect.deleteProperty(holeAndName, 3);

const refused: readonly (readonly [what: string, entry: unknown, error: typeof TypeError | typeof RangeError, message: string])[] = [
  ["a function", { items: [0, 1, 2, { when: () => 0 }] }, TypeError, "entry.items[3].when: a function can't be stored"],
  ["a function alone", () => 0, TypeError, "entry: a function can't be stored"],
  ["a method named toJSON", { a: { toJSON: () => 1 } }, TypeError, "entry.a.toJSON: a function can't be stored"],
  ["a symbol", [Symbol("x")], TypeError, "entry[0]: a symbol can't be stored"],
  ["a symbol as a key", { a: { [Symbol("x")]: 1 } }, TypeError, "entry.a: an object with symbols as keys can't be stored"],
  ["a class instance", { "unit price": new Money() }, TypeError, 'entry["unit price"]: an instance of Money can\'t be stored'],
  ["an instance of a class without a name", new (class {
    readonly a = 1;
  })(), TypeError, "entry: an object with a prototype of its own can't be stored"],
  ["an object with a prototype of its own", Object.create({ a: 1 }), TypeError, "entry: an object with a prototype of its own can't be stored"],
  ["a Map of a subclass", new Map([["k", new Labels()]]), TypeError, 'entry.get("k"): an instance of Labels can\'t be stored'],
  ["an array of a subclass", Stack.of(1, 2), TypeError, "entry: an instance of Stack can't be stored"],
  ["a date of a subclass", new Moment(0), TypeError, "entry: an instance of Moment can't be stored"],
  ["a Set", { a: new Map([[1, new Set()]]) }, TypeError, "entry.a.get(1): an instance of Set can't be stored"],
  ["a RegExp as a Map's key", new Map<unknown, number>([[1, 1], [/x/, 2]]), TypeError, "entry.keys()[1]: an instance of RegExp can't be stored"],
  ["an Error behind a key that is an object", new Map([[{}, new RangeError("x")]]), TypeError, "entry.get(…): an instance of RangeError can't be stored"],
  ["an ArrayBuffer", new ArrayBuffer(1), TypeError, "entry: an instance of ArrayBuffer can't be stored"],
  ["a typed array that isn't bytes", new Float64Array(1), TypeError, "entry: an instance of Float64Array can't be stored"],
  ["a boxed number", { n: Object(1) as unknown }, TypeError, "entry.n: an instance of Number can't be stored"],
  ["a promise", { p: Promise.resolve() }, TypeError, "entry.p: an instance of Promise can't be stored"],
  ["an invalid date", { at: new Date(Number.NaN) }, RangeError, "entry.at: an invalid Date can't be stored"],
  ["a bigint above 64 bits", { n: 2n ** 64n }, RangeError, "entry.n: a bigint beyond 64 bits can't be stored"],
  ["a bigint below 64 bits", [-(2n ** 63n) - 1n], RangeError, "entry[0]: a bigint beyond 64 bits can't be stored"],
  ["half a pair", "\ud83d", RangeError, "entry: a string with half a surrogate pair can't be stored"],
  ["half a pair in a long string", [`${"a".repeat(100)}\ude00`], RangeError, "entry[0]: a string with half a surrogate pair can't be stored"],
  ["half a pair in a key", { a: { "\ud83d": 1 } }, RangeError, "entry.a: a string with half a surrogate pair can't be stored"],
  ["an array with a hole", { a: Array.from({ length: 0 }).concat([1], Array(1)) }, TypeError, "entry.a: an array with holes or with properties of its own can't be stored"],
  ["an array with a name", named, TypeError, "entry: an array with holes or with properties of its own can't be stored"],
  ["an array with a hole and a name", holeAndName, TypeError, "entry: an array with holes or with properties of its own can't be stored"],
  ["what contains itself", { a: itself() }, TypeError, "entry.a.list[0].back: a value that contains itself can't be stored"],
];

describe("msgpackCodec refuses what would not come back equal, and says where it stands", () => {
  it.each(refused)("%s", (_what, entry, error, message) => {
    expect(() => codec.encode(entry)).toThrow(error);
    expect(() => codec.encode(entry)).toThrow(message);
  });

  it("what is nested deeper than 128, with a message that stays short", () => {
    expect(() => codec.encode(nested(128))).not.toThrow();
    expect(() => codec.encode(nested(129))).toThrow(RangeError);
    expect(() => codec.encode({ a: nested(100_000) })).toThrow(/^entry\.a(\[0\]){10,}.*…: what is nested more than 128 deep can't be stored$/);
    const error = ((): unknown => {
      try {
        return codec.encode({ ["k".repeat(100_000)]: () => 0 });
      } catch (thrown) {
        return thrown;
      }
    })();
    expect((error as Error).message.length).toBeLessThan(300);
  });

  it("and works on as if nothing had been", () => {
    for (const [, entry] of refused) {
      expect(() => codec.encode(entry)).toThrow();
      expect(codec.decode(codec.encode({ a: [1, "b"] }))).toStrictEqual({ a: [1, "b"] });
    }
  });
});
