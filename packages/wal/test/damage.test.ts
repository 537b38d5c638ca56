import { basename } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { crc32 } from "@laminar/disk/checksum";
import { isWalError, openWal } from "../src/index.ts";
import { readLogImage, type ReadImage } from "../src/testing/index.ts";
import type { WalEntry } from "../src/index.ts";
import { DIRECTORY, type GoldenLog, goldenLogs } from "./damaged-logs.ts";
import { diskWith } from "./disk-with.ts";
import * as damage from "./image-damage.ts";
import type { Files } from "./image-damage.ts";
import { keyOf } from "./model/crash-lives.ts";
import { useSalts } from "./model/real-subject.ts";
import { isSame } from "./model/readers.ts";
import { logFiles } from "./model/subject.ts";

const REFUSALS: readonly string[] = ["WAL_CORRUPT", "WAL_SUSPECTED_DAMAGE", "WAL_LOST_SEGMENT", "WAL_UNSUPPORTED_FORMAT"];

/** "same": exactly what was written. "shorter": without records of its end. A code: refused with it. */
type Outcome = string;

const read = (files: Files): ReadImage<WalEntry> => readLogImage({ directory: DIRECTORY, files });
const recordsOf = ({ batches }: ReadImage<WalEntry>): { readonly lsn: number; readonly entry: WalEntry }[] =>
  batches.flatMap(({ firstLsn, entries }) => entries.map((entry, i) => ({ lsn: firstLsn + i, entry })));

/** What becomes of a damaged log; throws for what must never become of one. */
function outcomeOf(whole: ReturnType<typeof recordsOf>, files: Files): Outcome {
  let found: ReturnType<typeof recordsOf>;
  try {
    found = recordsOf(read(files));
  } catch (error) {
    if (isWalError(error) && REFUSALS.includes(error.code)) return error.code;
    throw error;
  }
  const isPrefix = found.length <= whole.length && found.every(({ lsn, entry }, i) => lsn === whole[i]?.lsn && isSame(entry, whole[i].entry));
  if (!isPrefix) throw new Error(`silently wrong: ${found.map(({ lsn }) => lsn).join()} instead of ${whole.map(({ lsn }) => lsn).join()}`);
  return found.length === whole.length ? "same" : "shorter";
}

/** By what was done. */
class Counts {
  readonly #outcomes: Map<string, Map<string, number>> = new Map();

  add(what: string, outcome: string): void {
    const outcomes = this.#outcomes.get(what) ?? new Map<string, number>();
    this.#outcomes.set(what, outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1));
  }

  of(what: string): ReadonlyMap<string, number> {
    return this.#outcomes.get(what) ?? new Map();
  }

  toString(): string {
    return [...this.#outcomes].map(([what, outcomes]) => `  ${what}: ${[...outcomes].map(([outcome, count]) => `${count} ${outcome}`).join(", ")}`).join("\n");
  }
}

const { stackTraceLimit } = Error;
let logs: readonly GoldenLog[];
let others: readonly GoldenLog[];
beforeAll(async () => {
  useSalts(1);
  logs = await goldenLogs();
  useSalts(2, "ff".repeat(16));
  others = await goldenLogs();
  vi.restoreAllMocks();
  // Hundreds of thousands of errors are made here, and nobody reads where.
  Error.stackTraceLimit = 0;
});
afterAll(() => void (Error.stackTraceLimit = stackTraceLimit));

describe("every damage of every log", () => {
  const counts = new Counts();
  const silent: string[] = [];

  /** Damages each log in each way that `ways` gives, and counts what becomes of it. */
  const each = (what: string, ways: (log: GoldenLog, path: string, isNewest: boolean) => Iterable<Files>, mayShorten: (log: GoldenLog, isNewest: boolean) => boolean): void => {
    for (const log of logs) {
      const whole = recordsOf(read(log.files));
      const paths = damage.segmentNames(log.files);
      for (const path of paths) {
        const isNewest = path === paths.at(-1);
        let way = 0;
        for (const files of ways(log, path, isNewest)) {
          const outcome = outcomeOf(whole, files);
          counts.add(what, outcome === "shorter" ? `shorter (${log.isClosed ? "closed" : "killed"})` : outcome);
          if (outcome === "shorter" && !mayShorten(log, isNewest)) silent.push(`${what} ${way} of ${basename(path)}, ${log.name}`);
          way++;
        }
      }
    }
    expect(silent).toEqual([]);
  };
  const never = (): boolean => false;
  const inNewest = (_: GoldenLog, isNewest: boolean): boolean => isNewest;
  const sectorPairs = (files: Files, path: string): [number, number][] =>
    damage.sectorsOf(files, path).flatMap((one) => damage.sectorsOf(files, path).flatMap((other): [number, number][] => (one === other ? [] : [[one, other]])));
  const siblings = (files: Files, path: string): string[] => damage.segmentNames(files).filter((other) => other !== path);
  const length = (files: Files, path: string): number => files.get(path)?.length ?? 0;
  const range = (end: number): number[] => Array.from({ length: end }, (_, i) => i);

  it("flips each bit: it is found, or in bytes that count for nothing", () => {
    each("a flipped bit", function* ({ files }, path) {
      for (const bit of range(length(files, path) * 8)) yield damage.flipped(files, path, bit);
    }, never);
    expect(counts.of("a flipped bit").get("same")).toBeGreaterThan(0);
  }, 600_000);

  it("cuts at each byte: an older file's is found where records are missing, the newest may lose its end", () => {
    each("a cut", function* ({ files }, path) {
      for (const end of range(length(files, path))) yield damage.cut(files, path, end);
    }, inNewest);
  }, 600_000);

  it("loses each segment, and each head", () => {
    each("a lost segment", function* ({ files }, path) {
      yield damage.lost(files, path);
    }, never);
    each("a lost head", function* ({ files }) {
      for (const path of files.keys()) if (path.endsWith(".head")) yield damage.lost(files, path);
    }, never);
    expect([...counts.of("a lost head").keys()]).toEqual(["same"]);
  });

  it("appends zeros, garbage and a piece of a segment to each", () => {
    each("zeros behind the end", function* ({ files }, path) {
      for (const more of [1, 47, 48, 511, 512, 513, 4096]) yield damage.extended(files, path, new Uint8Array(more));
    }, never);
    each("garbage behind the end", function* ({ files }, path) {
      for (const more of [1, 47, 48, 49, 511, 512, 4096]) yield damage.extended(files, path, Uint8Array.from({ length: more }, (_, i) => (i * 167 + 13) & 0xff));
    }, never);
    each("a sibling behind the end", function* ({ files }, path) {
      for (const other of siblings(files, path)) yield damage.extended(files, path, files.get(other) as Uint8Array);
    }, never);
    expect([...counts.of("zeros behind the end").keys()]).toEqual(["same"]);
  });

  it("gives sectors other content: zeros, older, another's of the same file or of a sibling", () => {
    each("a zeroed sector", function* ({ files }, path) {
      for (const sector of damage.sectorsOf(files, path)) yield damage.zeroed(files, path, sector);
    }, inNewest);
    each("a stale sector", function* ({ files, older }, path) {
      for (const sector of damage.sectorsOf(files, path)) yield damage.stale(files, older, path, sector);
    }, inNewest);
    each("swapped sectors", function* ({ files }, path) {
      for (const [one, other] of sectorPairs(files, path)) yield damage.swappedSectors(files, path, one, other);
    }, inNewest);
    each("a duplicated sector", function* ({ files }, path) {
      for (const [from, to] of sectorPairs(files, path)) yield damage.duplicated(files, path, from, to);
    }, inNewest);
    each("a misdirected write", function* ({ files, older }, path) {
      for (const [from, to] of sectorPairs(files, path)) yield damage.misdirected(files, older, path, from, to);
    }, inNewest);
    each("a sibling's sector", function* ({ files }, path) {
      for (const other of siblings(files, path)) for (const sector of damage.sectorsOf(files, path)) yield damage.fromSibling(files, path, other, sector);
    }, inNewest);
  });

  it("puts files in each other's place, and those of another log", () => {
    each("swapped files", function* ({ files }, path) {
      for (const other of siblings(files, path)) yield damage.swappedFiles(files, path, other);
    }, never);
    each("a file of another log", function* ({ files, name }, path) {
      const other = others.find((log) => log.name === name)?.files.get(path);
      if (other && damage.segmentNames(files).length > 1) yield new Map(files).set(path, other);
    }, never);
    expect(counts.of("a file of another log").get("same") ?? 0).toBe(0);
  });

  it("is counted: nothing else is silent", () => {
    console.log(`${logs.length} logs\n${counts.toString()}`);
    expect(silent).toEqual([]);
  });
});

describe("a damaged log", () => {
  it("is refused by openWal with the same error, and not a byte of it changes", async () => {
    const { files } = logs[0] as GoldenLog;
    let refused = 0;
    for (const path of damage.segmentNames(files)) {
      for (let bit = 5; bit < (files.get(path)?.length ?? 0) * 8; bit += 331) {
        const damaged = damage.flipped(files, path, bit);
        const expected = outcomeOf(recordsOf(read(files)), damaged);
        if (expected === "same") continue;
        const disk = await diskWith(damaged);
        await expect(openWal(DIRECTORY, { disk }), `bit ${bit} of ${path}`).rejects.toMatchObject({ name: "WalError", code: expected });
        expect(keyOf(logFiles(disk.killed().files))).toBe(keyOf(logFiles(damaged)));
        expect(disk.openFiles).toBe(0);
        refused++;
      }
    }
    console.log(`${refused} damaged logs refused, 0 bytes changed`);
    expect(refused).toBeGreaterThan(50);
  });

  it("is one of a newer format where its header says so, not a corrupt one", () => {
    const { files } = logs[0] as GoldenLog;
    const path = damage.segmentNames(files)[0] as string;
    for (const [at, value] of [[8, 9], [12, 1], [10, 2]] as const) {
      const newer = (files.get(path) as Uint8Array).slice();
      newer[at] = value;
      new DataView(newer.buffer).setUint32(124, crc32(newer.subarray(0, 124)), true);
      expect(outcomeOf([], new Map(files).set(path, newer))).toBe("WAL_UNSUPPORTED_FORMAT");
    }
  });

  it("doesn't depend on what is left of locks, nor on other files", async () => {
    const { files } = logs[0] as GoldenLog;
    const whole = recordsOf(read(files));
    const litter = new Map(files);
    for (const name of ["LOCK/v1+other", "LOCK.v1+other/v1+other", "LOCK.os", "notes.txt", "0000000000000001.wal.bak", "00000000000000ff.wal.tmp", "1.wal", "000000000000000g.wal"]) {
      litter.set(`${DIRECTORY}/${name}`, Uint8Array.of(1, 2, 3));
    }
    expect(outcomeOf(whole, litter)).toBe("same");
  });
});
