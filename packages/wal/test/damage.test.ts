import { basename } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { isWalError, openWal, type WalEntryInput } from "../src/index.ts";
import { readLogImage } from "../src/testing/index.ts";
import { commit, contentOf, freshDirectory, put } from "./logs.ts";

interface Written {
  readonly directory: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** A few segments, a fence, groups, zeros in values, an end with or without a clean close. */
async function writeLog(clean: boolean): Promise<Written> {
  const directory = await freshDirectory();
  const log = await openWal(directory, { segmentSize: 1024 });
  const groups: WalEntryInput[][] = [
    [put("a", "1"), put("b", "\0".repeat(40)), commit(1)],
    [put("a", "x".repeat(700)), commit(2)],
    [put("c", "y".repeat(700)), { type: "delete", key: new Uint8Array(3) }, commit(3)],
    [put("lost", "behind the fence"), commit(4)],
  ];
  for (const group of groups) {
    log.appendAll(group);
    await log.sync();
  }
  await log.truncateAfter(8);
  for (const offset of [5, 6]) {
    log.appendAll([put("d", "z".repeat(200)), put("e", "\0\0\u0001"), commit(offset)]);
    await log.sync();
  }
  const killed = await contentOf(directory);
  await log.close();
  return { directory, files: clean ? await contentOf(directory) : killed };
}

const asText = (written: Written): string =>
  JSON.stringify(readLogImage(written).batches, (_, value: unknown) =>
    value instanceof Uint8Array ? [...value] : typeof value === "bigint" ? `${value}` : value instanceof Map ? [...value] : value,
  );

/** What reading gives: the records, or the code of a typed error. Anything else fails the test. */
function outcome(written: Written): string {
  try {
    return asText(written);
  } catch (error) {
    if (isWalError(error)) return error.code;
    throw error;
  }
}

const DAMAGE = ["WAL_CORRUPT", "WAL_SUSPECTED_DAMAGE", "WAL_LOST_SEGMENT", "WAL_UNSUPPORTED_FORMAT"];
const segmentFiles = (written: Written): [string, Uint8Array][] => [...written.files].filter(([path]) => path.endsWith(".wal")).sort(([a], [b]) => (a < b ? -1 : 1));
const withFile = (written: Written, path: string, bytes: Uint8Array): Written => ({ ...written, files: new Map(written.files).set(path, bytes) });

describe.each([
  { name: "closed", clean: true },
  { name: "killed", clean: false },
])("a log that was $name", ({ clean }) => {
  let written: Written;
  let whole: string;
  beforeAll(async () => {
    written = await writeLog(clean);
    whole = asText(written);
    expect(segmentFiles(written).length).toBeGreaterThan(2);
  });

  it("shows every flipped bit of every segment as a typed error, or gives exactly what was written", () => {
    let flips = 0;
    let unharmed = 0;
    for (const [path, bytes] of segmentFiles(written)) {
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const damaged = bytes.slice();
        damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
        const result = outcome(withFile(written, path, damaged));
        flips++;
        if (result === whole) unharmed++;
        else expect(DAMAGE, `bit ${bit} of ${basename(path)} gave ${result}`).toContain(result);
      }
    }
    console.log(`${flips} bits flipped, ${flips - unharmed} found, ${unharmed} in bytes that no longer count, 0 silent`);
    expect(unharmed).toBeLessThan(flips / 4);
  });

  it("takes any cut of an older segment for damage where records that count are missing", () => {
    for (const [path, bytes] of segmentFiles(written).slice(0, -1)) {
      for (let length = 0; length < bytes.length; length++) {
        const result = outcome(withFile(written, path, bytes.slice(0, length)));
        if (result !== whole) expect(DAMAGE).toContain(result);
      }
    }
  });

  it("gives a prefix for any cut of the newest segment, never anything else", () => {
    const [path, bytes] = segmentFiles(written).at(-1) as [string, Uint8Array];
    const lengths = new Set<number>();
    for (let length = 0; length < bytes.length; length++) {
      const result = outcome(withFile(written, path, bytes.slice(0, length)));
      if (length < 128) expect(result).toBe("WAL_CORRUPT");
      else expect(whole.startsWith(result.slice(0, -1)), `cut at ${length}`).toBe(true);
      lengths.add(result.length);
    }
    expect(lengths.size).toBeGreaterThan(2);
  });

  it("isn't disturbed by zeros behind its end, and never invents records from garbage there", () => {
    const [path, bytes] = segmentFiles(written).at(-1) as [string, Uint8Array];
    for (const length of [1, 511, 512, 4096]) {
      const longer = new Uint8Array(bytes.length + length);
      longer.set(bytes);
      expect(outcome(withFile(written, path, longer))).toBe(whole);
      const garbage = longer.map((byte, i) => (i < bytes.length ? byte : (i * 31) & 0xff));
      expect([whole, "WAL_SUSPECTED_DAMAGE"]).toContain(outcome(withFile(written, path, garbage)));
    }
  });

  it("shows the loss of any one segment, or of the newest ones", () => {
    const segments = segmentFiles(written);
    for (let from = 0; from < segments.length; from++) {
      for (const to of [from + 1, segments.length]) {
        const files = new Map(written.files);
        for (const [path] of segments.slice(from, to)) files.delete(path);
        const result = outcome({ ...written, files });
        if (result !== whole) expect(DAMAGE, `segments ${from} to ${to - 1} gone`).toContain(result);
      }
    }
  });

  it("shows a segment under another's name, and one of another log", async () => {
    const segments = segmentFiles(written);
    const [first, second] = segments as [[string, Uint8Array], [string, Uint8Array]];
    expect(outcome(withFile(written, first[0], second[1]))).toBe("WAL_CORRUPT");
    const other = segmentFiles(await writeLog(true))[1] as [string, Uint8Array];
    expect(outcome(withFile(written, second[0], other[1]))).toBe("WAL_CORRUPT");
  });

  it("answers a newer format with unsupported, not with corrupt", async () => {
    const { crc32 } = await import("@laminar/disk/checksum");
    const [path, bytes] = segmentFiles(written)[0] as [string, Uint8Array];
    for (const [at, value] of [[8, 9], [12, 1], [10, 2]] as const) {
      const newer = bytes.slice();
      newer[at] = value;
      new DataView(newer.buffer).setUint32(124, crc32(newer.subarray(0, 124)), true);
      expect(outcome(withFile(written, path, newer))).toBe("WAL_UNSUPPORTED_FORMAT");
    }
  });
});
