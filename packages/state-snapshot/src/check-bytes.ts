/** @throws TypeError when `bytes` isn't a `Uint8Array` */
export function checkBytes(bytes: unknown, what: string): asserts bytes is Uint8Array {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`${what} is a Uint8Array, not ${bytes === null ? "null" : typeof bytes}.`);
}
