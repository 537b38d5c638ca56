/** Arguments that a call takes without running out of stack. */
const bytesPerCall = 4096;

/** A string that is the same for the same bytes only, so that a `Map` can find a key by its bytes: one UTF-16 unit per byte. */
export function keyText(key: Uint8Array): string {
  if (key.length <= bytesPerCall) return textOf(key);
  let text = "";
  for (let start = 0; start < key.length; start += bytesPerCall) text += textOf(key.subarray(start, start + bytesPerCall));
  return text;
}

/** @throws TypeError when `bytes` isn't a `Uint8Array` */
export function checkBytes(bytes: unknown, what: string): asserts bytes is Uint8Array {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`${what} is a Uint8Array, not ${bytes === null ? "null" : typeof bytes}.`);
}

/** The engine takes any array-like of numbers here; the declared type knows arrays only. */
const textOf = (bytes: Uint8Array): string => Reflect.apply(String.fromCharCode, undefined, bytes as unknown as number[]);
