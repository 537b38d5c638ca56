/*
 * How plain values stand in MessagePack. This is disk format: what is written here must be read for ever.
 *
 *   null, boolean, string      nil, bool, str
 *   number                     an int where 32 bits hold it, else float64
 *   bigint                     int64 or uint64, and nothing else is one of these two
 *   Uint8Array                 bin
 *   array                      array
 *   plain object               map; its keys are str
 *
 * There are no extension types. What MessagePack or its readers can't tell apart stands in a map of one entry whose key is
 * nil, which no object has:
 *
 *   {nil: [k1, v1, k2, v2 …]}  a Map
 *   {nil: 1700000000000}       a Date, in milliseconds since 1970
 *   {nil: bin}                 a string that begins with U+FEFF, in UTF-8: readers take that for a mark and may drop it
 *   {nil: "-0"}                the number -0: msgpackr writes 0
 *   {nil: "undefined"}         undefined
 *
 * A key of an object that begins with U+FEFF is a bin too.
 */

/** What msgpackr packs and unpacks for us. */
export type Wire = null | boolean | number | bigint | string | Uint8Array | Wire[] | Map<Wire, Wire>;

/** An entry is nested this deep at most: deeper than events are, and walking it takes a fifth of Node's default stack at the worst. */
export const DEPTH_MAX = 128;
/** The same in bytes: a Map takes two levels, and what stands innermost may take one more. */
export const WIRE_DEPTH_MAX: number = 2 * DEPTH_MAX + 1;

/** The range of a Date, in milliseconds on both sides of 1970. */
const DATE_MAX = 8.64e15;

const BYTE_ORDER_MARK = "\ufeff";
const toText = new TextEncoder();
const fromText = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const NEGATIVE_ZERO = "-0";
export const UNDEFINED = "undefined";

/** `{nil: wire}` */
export function tagged(wire: Wire): Wire {
  return new Map([[null, wire]]);
}

/** How a string stands as a key. */
export const textWire = (text: string): string | Uint8Array => (text.startsWith(BYTE_ORDER_MARK) ? toText.encode(text) : text);

/** Back from what {@link textWire} made a binary. */
function textOf(bytes: Uint8Array): string {
  const text = fromText.decode(bytes);
  if (!text.startsWith(BYTE_ORDER_MARK)) throw new RangeError("a string that stands as binary begins with U+FEFF");
  return text;
}

/** The plain value, for which `wire` is used up. `TypeError` or `RangeError` for what `toWire` doesn't make. */
export function fromWire(wire: Wire): unknown {
  if (typeof wire !== "object" || wire === null || wire instanceof Uint8Array) return wire;
  if (Array.isArray(wire)) return arrayOf(wire);
  if (wire.size === 1 && wire.has(null)) return fromTagged(wire.get(null));
  return objectOf(wire);
}

/** In place, since nobody else has the array. */
function arrayOf(wires: Wire[]): unknown[] {
  const array: unknown[] = wires;
  for (let i = 0; i < wires.length; i++) array[i] = fromWire(wires[i] ?? null);
  return array;
}

function objectOf(wires: ReadonlyMap<Wire, Wire>): object {
  const object: Record<string, unknown> = {};
  for (const [keyWire, wire] of wires) {
    const key = keyOf(keyWire);
    const value = fromWire(wire);
    // What an object inherits, "__proto__" first of all, is defined and not assigned.
    if (key in object) Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
    else object[key] = value;
  }
  return object;
}

function keyOf(wire: Wire): string {
  if (typeof wire === "string") return wire;
  if (wire instanceof Uint8Array) return textOf(wire);
  throw new TypeError("an object's key must be a string");
}

function fromTagged(wire: Wire | undefined): unknown {
  if (wire instanceof Uint8Array) return textOf(wire);
  if (Array.isArray(wire)) return mapOf(wire);
  if (typeof wire === "number" && Number.isInteger(wire) && Math.abs(wire) <= DATE_MAX) return new Date(wire);
  if (wire === NEGATIVE_ZERO) return -0;
  if (wire === UNDEFINED) return undefined;
  throw new TypeError("a map with nil as its key must hold a Map, a Date, a string as binary, \"-0\" or \"undefined\"");
}

function mapOf(wires: readonly Wire[]): Map<unknown, unknown> {
  if (wires.length % 2 !== 0) throw new RangeError("a Map's last key has no value");
  const map = new Map<unknown, unknown>();
  for (let i = 0; i < wires.length; i += 2) map.set(fromWire(wires[i] ?? null), fromWire(wires[i + 1] ?? null));
  return map;
}
