/** Files of a log by name, or by path. */
export type Files = ReadonlyMap<string, Uint8Array>;

const SECTOR = 512;

const withFile = (files: Files, name: string, bytes: Uint8Array): Files => new Map(files).set(name, bytes);
const contentOf = (files: Files, name: string): Uint8Array => files.get(name) ?? new Uint8Array(0);

export const segmentNames = (files: Files): string[] => [...files.keys()].filter((name) => name.endsWith(".wal")).sort();
export const sectorsOf = (files: Files, name: string): number[] => Array.from({ length: Math.ceil(contentOf(files, name).length / SECTOR) }, (_, i) => i);

export function flipped(files: Files, name: string, bit: number): Files {
  const bytes = contentOf(files, name).slice();
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return withFile(files, name, bytes);
}

export const cut = (files: Files, name: string, length: number): Files => withFile(files, name, contentOf(files, name).slice(0, length));

export const lost = (files: Files, name: string): Files => new Map([...files].filter(([other]) => other !== name));

/** Without the zeros at its end, which a writer keeps there for later batches. */
export function withoutZeros(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (bytes[end - 1] === 0) end--;
  return bytes.subarray(0, end);
}

/** Writes `tail` behind what isn't zero, over the zeros at the end. */
export function overEnd(files: Files, name: string, tail: Uint8Array): Files {
  const bytes = contentOf(files, name);
  const used = withoutZeros(bytes);
  return withFile(files, name, Buffer.concat([used, tail, bytes.subarray(used.length + tail.length)]));
}

export function extended(files: Files, name: string, tail: Uint8Array): Files {
  return withFile(files, name, Buffer.concat([contentOf(files, name), tail]));
}

export function swappedFiles(files: Files, one: string, other: string): Files {
  return new Map(files).set(one, contentOf(files, other)).set(other, contentOf(files, one));
}

/** Writes `content`, or zeros where it is too short, over a sector; the file keeps its length. */
export function overwritten(files: Files, name: string, sector: number, content: Uint8Array): Files {
  const bytes = contentOf(files, name).slice();
  const end = Math.min(bytes.length, (sector + 1) * SECTOR);
  bytes.fill(0, sector * SECTOR, end);
  bytes.set(content.subarray(0, end - sector * SECTOR), sector * SECTOR);
  return withFile(files, name, bytes);
}

export const sectorOf = (files: Files, name: string, sector: number): Uint8Array => contentOf(files, name).slice(sector * SECTOR, (sector + 1) * SECTOR);

export const zeroed = (files: Files, name: string, sector: number): Files => overwritten(files, name, sector, new Uint8Array(0));

/** The sector as `older` has it: a write that never came to the disk, though it was said to. */
export const stale = (files: Files, older: Files, name: string, sector: number): Files => overwritten(files, name, sector, sectorOf(older, name, sector));

export function swappedSectors(files: Files, name: string, one: number, other: number): Files {
  return overwritten(overwritten(files, name, one, sectorOf(files, name, other)), name, other, sectorOf(files, name, one));
}

export const duplicated = (files: Files, name: string, from: number, to: number): Files => overwritten(files, name, to, sectorOf(files, name, from));

/** A write of sector `from` that went to `to`: there it stands, and `from` is as `older` has it. */
export const misdirected = (files: Files, older: Files, name: string, from: number, to: number): Files =>
  stale(duplicated(files, name, from, to), older, name, from);

export const fromSibling = (files: Files, name: string, sibling: string, sector: number): Files => overwritten(files, name, sector, sectorOf(files, sibling, sector));

/** One damage of each sort at places by `random`, with what it is called. */
export function* someDamage(files: Files, random: () => number): Generator<{ readonly what: string; readonly damaged: Files }> {
  const names = segmentNames(files);
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)];
  const name = pick(names);
  const other = pick(names);
  if (name === undefined || other === undefined) return;
  const { length } = contentOf(files, name);
  const [sector, another] = [Math.floor((random() * length) / SECTOR), Math.floor((random() * length) / SECTOR)];
  for (let i = 0; i < 4; i++) yield { what: "a flipped bit", damaged: flipped(files, name, Math.floor(random() * length * 8)) };
  yield { what: "a cut", damaged: cut(files, name, Math.floor(random() * length)) };
  yield { what: "a zeroed sector", damaged: zeroed(files, name, sector) };
  yield { what: "a sibling's sector", damaged: fromSibling(files, name, other, sector) };
  yield { what: "swapped sectors", damaged: swappedSectors(files, name, sector, another) };
  yield { what: "a duplicated sector", damaged: duplicated(files, name, sector, another) };
  yield { what: "swapped files", damaged: swappedFiles(files, name, other) };
  // One that has no head yet was not published: without it the files are what a power cut may leave.
  if ([...files.keys()].some((head) => head.endsWith(".head") && head >= name.replace(".wal", ".head"))) yield { what: "a lost segment", damaged: lost(files, name) };
  yield { what: "garbage behind the end", damaged: extended(files, name, Uint8Array.from({ length: 1 + Math.floor(random() * 600) }, () => Math.floor(random() * 256))) };
  yield { what: "garbage right behind the last byte", damaged: overEnd(files, name, Uint8Array.from({ length: 1 + Math.floor(random() * 600) }, () => Math.floor(random() * 256))) };
  yield { what: "zeros behind the end", damaged: extended(files, name, new Uint8Array(1 + Math.floor(random() * 600))) };
}
