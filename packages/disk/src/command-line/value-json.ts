/**
 * A value of MessagePack as JSON. What JSON lacks stands in an object of one key that begins with "$", and so does an object
 * that would look like that, so each value has one form and each form one value.
 */
export function valueAsJson(value: unknown): unknown {
  if (typeof value === "bigint") return { $bigint: value.toString() };
  if (typeof value === "number") return numberAsJson(value);
  if (value === undefined) return { $undefined: true };
  return typeof value === "object" && value !== null ? objectAsJson(value) : value;
}

function numberAsJson(value: number): unknown {
  if (Object.is(value, -0)) return { $number: "-0" };
  return Number.isFinite(value) ? value : { $number: String(value) };
}

function objectAsJson(value: object): unknown {
  if (Array.isArray(value)) return value.map(valueAsJson);
  if (value instanceof Uint8Array) return { $bytes: base64(value) };
  if (value instanceof Date) return { $date: value.toISOString() };
  if (value instanceof Map) return { $map: [...value].map(pairAsJson) };
  const entries = Object.entries(value).map(pairAsJson);
  const isTagged = entries.length === 1 && String(entries[0]?.[0]).startsWith("$");
  return isTagged ? { $object: entries } : Object.fromEntries(entries);
}

const pairAsJson = ([key, value]: readonly [unknown, unknown]): [string, unknown] => [valueAsJson(key) as string, valueAsJson(value)];

// A byte order mark is kept: it has to come back with the others.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;

/** Text where the bytes are printable UTF-8, else `{ base64 }`: the type tells which, and both give back exactly the bytes. */
export function bytesAsJson(bytes: Uint8Array): string | { readonly base64: string } {
  try {
    const text = utf8.decode(bytes);
    if (!CONTROL.test(text)) return text;
  } catch {
    // Not UTF-8.
  }
  return { base64: base64(bytes) };
}

/** The bytes in base64, with padding. */
export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
