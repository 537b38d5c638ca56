/** A change of one key; a value of `undefined` deletes it. */
export interface Change {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

/** Changes as `applyRanges` takes them, with a few bytes before each key and value. */
export function inOneArray(changes: readonly Change[], random: (below: number) => number): { readonly bytes: Uint8Array; readonly ranges: Int32Array } {
  const ranges = new Int32Array(4 * changes.length);
  const parts: Uint8Array[] = [];
  let length = 0;
  const place = (at: number, part: Uint8Array): void => {
    const gap = new Uint8Array(random(4)).fill(0xdd);
    parts.push(gap, part);
    ranges[at] = length + gap.length;
    length += gap.length + part.length;
    ranges[at + 1] = length;
  };
  for (const [index, { key, value }] of changes.entries()) {
    place(4 * index, key);
    if (value === undefined) ranges.fill(-1, 4 * index + 2, 4 * index + 4);
    else place(4 * index + 2, value);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return { bytes, ranges };
}
