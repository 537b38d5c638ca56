import { readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { withoutZeros } from "./image-damage.ts";
import { segment } from "./run-command.ts";

/** A way to damage the log of `writeSampleLog`, and what the tools have to say about it. */
export interface Damage {
  readonly name: string;
  readonly code: "WAL_CORRUPT" | "WAL_LOST_SEGMENT" | "WAL_SUSPECTED_DAMAGE";
  /** The file that is named first, or `undefined` for the directory. */
  readonly file: number | undefined;
  readonly offset: number | undefined;
  /** The last record that can be read in order. */
  readonly lastLsn: number;
  /** Records that verify behind it. */
  readonly salvaged: readonly number[];
  apply(directory: string): Promise<void>;
}

export async function changeBytes(path: string, change: (bytes: Uint8Array) => void): Promise<void> {
  const bytes = await readFile(path);
  change(bytes);
  await writeFile(path, bytes);
}

const flip = (number: number, at: number) => (directory: string): Promise<void> =>
  changeBytes(join(directory, segment(number)), (bytes) => (bytes[at] = (bytes[at] as number) ^ 4));
const range = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);
const end = range(27, 31);

/** The first batch of segments 1 to 6 stands at 177, the second near 680; the marker of segment 8 before its first at 128. */
export const DAMAGES: readonly Damage[] = [
  { name: "a bit in a body", code: "WAL_CORRUPT", file: 3, offset: 177, lastLsn: 8, salvaged: [...range(11, 24), ...end], apply: flip(3, 300) },
  { name: "a bit in a batch's header", code: "WAL_CORRUPT", file: 3, offset: 177, lastLsn: 8, salvaged: [...range(11, 24), ...end], apply: flip(3, 185) },
  { name: "a bit in the newest segment", code: "WAL_CORRUPT", file: 8, offset: 177, lastLsn: 24, salvaged: [30, 31], apply: flip(8, 240) },
  { name: "a bit in a segment's header", code: "WAL_CORRUPT", file: 3, offset: 0, lastLsn: 8, salvaged: [...range(9, 24), ...end], apply: flip(3, 60) },
  {
    name: "a first sector of zeros",
    code: "WAL_CORRUPT",
    file: 3,
    offset: 0,
    lastLsn: 8,
    salvaged: [...range(11, 24), ...end],
    apply: (directory) => changeBytes(join(directory, segment(3)), (bytes) => bytes.fill(0, 0, 512)),
  },
  {
    name: "a cut older segment",
    code: "WAL_CORRUPT",
    file: 3,
    offset: 680,
    lastLsn: 10,
    salvaged: [...range(13, 24), ...end],
    apply: (directory) => truncate(join(directory, segment(3)), 900),
  },
  { name: "an empty file", code: "WAL_CORRUPT", file: 3, offset: 0, lastLsn: 8, salvaged: [...range(13, 24), ...end], apply: (directory) => truncate(join(directory, segment(3)), 0) },
  {
    name: "a segment that is gone from the middle",
    code: "WAL_CORRUPT",
    file: 2,
    offset: 1183,
    lastLsn: 8,
    salvaged: [...range(13, 24), ...end],
    apply: (directory) => rm(join(directory, segment(3))),
  },
  { name: "a first segment that is gone", code: "WAL_LOST_SEGMENT", file: undefined, offset: undefined, lastLsn: 31, salvaged: [], apply: (directory) => rm(join(directory, segment(1))) },
  { name: "a newest segment that is gone", code: "WAL_LOST_SEGMENT", file: undefined, offset: undefined, lastLsn: 26, salvaged: [], apply: (directory) => rm(join(directory, segment(8))) },
  {
    name: "a segment under another's name",
    code: "WAL_CORRUPT",
    file: 4,
    offset: 0,
    lastLsn: 12,
    salvaged: [...range(17, 24), ...end],
    apply: (directory) => rename(join(directory, segment(5)), join(directory, segment(4))),
  },
  {
    name: "garbage behind the end",
    code: "WAL_SUSPECTED_DAMAGE",
    file: 8,
    offset: 392,
    lastLsn: 31,
    salvaged: [],
    apply: (directory) => changeEnd(join(directory, segment(8))),
  },
];

/** Over the zeros behind the last batch, and further. */
async function changeEnd(path: string): Promise<void> {
  const garbage = new Uint8Array(2000).map((_, i) => ((i * 31) % 255) + 1);
  await writeFile(path, new Uint8Array([...withoutZeros(await readFile(path)), ...garbage]));
}
