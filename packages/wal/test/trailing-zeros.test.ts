import { truncate } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Disk, inspectWal, nodeDisk, openWal, openWalReader, readWalSync, verifyWal, walSize } from "../src/index.ts";
import { judgeEnd } from "../src/log-end.ts";
import { lengthWithoutZeros } from "../src/trailing-zeros.ts";
import { DAMAGES } from "./damages.ts";
import { withoutZeros } from "./image-damage.ts";
import { lsnsOf, put, readAll, seeded } from "./logs.ts";
import { encodeEntry } from "./model/model-entries.ts";
import { encodeBatch } from "./model/model-format.ts";
import { runCommand, segment, writeSampleLog } from "./run-command.ts";

/* Zeros at the end of a segment's file are as if they weren't there, in every segment, for everybody who looks. */

const SEED = 20;
const MIB = 1024 * 1024;
const ZEROS = 96 * MIB;
const RECORDS = [...Array.from({ length: 24 }, (_, i) => i + 1), 27, 28, 29, 30, 31];

/** The real disk, and the length of each read. */
function measured(): { readonly disk: Disk; readonly reads: number[] } {
  const reads: number[] = [];
  const disk: Disk = {
    ...nodeDisk,
    open: async (path) => {
      const file = await nodeDisk.open(path);
      return {
        path,
        size: () => file.size(),
        read: (position, target) => {
          reads.push(target.length);
          return file.read(position, target);
        },
        write: () => Promise.reject(new Error("write was called")),
        writeSync: () => 0,
        sync: () => Promise.reject(new Error("sync was called")),
        close: () => file.close(),
      };
    },
  };
  return { disk, reads };
}

const sum = (lengths: readonly number[]): number => lengths.reduce((total, length) => total + length, 0);

/** The sample log with 96 mebibytes of zeros, which take no space on the disk, at the end of these segments. */
async function logWithZeros(...numbers: readonly number[]): Promise<string> {
  const directory = await writeSampleLog();
  for (const number of numbers) await truncate(join(directory, segment(number)), ZEROS);
  return directory;
}

describe("zeros at the end of a segment", () => {
  it.each([
    ["the newest", [8]],
    ["an older one", [3]],
    ["all", [1, 2, 3, 4, 5, 6, 7, 8]],
  ])("are clean for everybody, and cost neither memory nor, where a newer one follows, reading: %s", async (_, numbers) => {
    const directory = await logWithZeros(...numbers);
    const { disk, reads } = measured();
    const reader = await openWalReader(directory, { disk });
    expect(reader.end).toEqual({ kind: "clean", file: segment(8), offset: 392, bytes: 0 });
    expect(lsnsOf(await readAll(reader))).toEqual(RECORDS);
    expect(Math.max(...reads)).toBeLessThanOrEqual(MIB);
    console.log(`${numbers.length} times ${ZEROS} zeros: ${sum(reads)} bytes read in ${reads.length} reads`);
    expect(sum(reads)).toBeLessThan((numbers.includes(8) ? ZEROS : 0) + 24 * MIB);
    expect(await verifyWal(directory)).toMatchObject({ verdict: "ok", lastLsn: 31, records: 29, end: { kind: "clean", offset: 392, bytes: 0 } });
    const { segments, bytes, end, damages } = await inspectWal(directory);
    expect({ bytes, end, damages }).toMatchObject({ bytes: await walSize(directory), end: { kind: "clean", offset: 392, bytes: 0 }, damages: [] });
    expect(segments.map(({ usedBytes }) => usedBytes)).toEqual([1183, 1183, 1183, 1183, 1184, 1185, 392]);
    expect([...readWalSync(directory)].flatMap(({ entries, firstLsn }) => entries.map((_entry, i) => firstLsn + i))).toEqual(RECORDS);
    const dumped = await runCommand(["dump", directory, "--salvage"]);
    expect([dumped.code, dumped.stdout.trim().split("\n").length]).toEqual([0, RECORDS.length]);
    const log = await openWal(directory);
    expect([log.end.kind, log.append(put("after", ""))]).toEqual(["clean", 32]);
    await log.close();
  }, 120_000);

  it.each(DAMAGES.filter(({ name }) => name !== "garbage behind the end"))("hide no damage in front of them: $name", async ({ code, file, offset, lastLsn, apply }) => {
    const directory = await writeSampleLog();
    for (const number of [1, 2, 3, 4, 5, 6, 7]) await changeEnd(join(directory, segment(number)));
    await apply(directory);
    const path = file === undefined ? directory : join(directory, segment(file));
    const place = { code, file: path, ...(offset !== undefined && { offset }) };
    const report = await verifyWal(directory);
    expect(report).toMatchObject({ verdict: "damaged", lastLsn, damage: place });
    expect(report.damages).toHaveLength(1);
    expect((await inspectWal(directory)).damages.length).toBeLessThanOrEqual(1);
    await expect(openWal(directory)).rejects.toMatchObject(place);
  });

  it(`change no verdict, however many they are (seed ${SEED})`, () => {
    const random = seeded(SEED);
    const verdicts: Record<string, number> = {};
    for (let round = 0; round < 5000; round++) {
      const position = 128 + Math.floor(random() * 1024);
      const tail = someTail(position, random);
      const judge = (bytes: Uint8Array): unknown => judgeEnd({ bytes, position, salt: 7, entryKind: 1, expected: 5 });
      const verdict = judge(withoutZeros(tail));
      const more = new Uint8Array(tail.length + Math.floor(random() * 3000));
      more.set(tail);
      expect([judge(tail), judge(more)], `round ${round}`).toEqual([verdict, verdict]);
      const { kind } = verdict as { kind: string };
      verdicts[kind] = (verdicts[kind] ?? 0) + 1;
    }
    console.log(Object.entries(verdicts).map(([kind, count]) => `${kind} ${count}`).join(", "));
    expect(Math.min(...["clean", "torn", "corrupt", "suspected"].map((kind) => verdicts[kind] ?? 0))).toBeGreaterThan(100);
  });

  it(`are counted four at a time as they are one at a time (seed ${SEED})`, () => {
    const random = seeded(SEED);
    const memory = new Uint8Array(200);
    for (let round = 0; round < 20_000; round++) {
      memory.fill(0);
      for (let i = Math.floor(random() * 3); i > 0; i--) memory[Math.floor(random() * 200)] = 1;
      const from = Math.floor(random() * 100);
      const bytes = memory.subarray(from, from + Math.floor(random() * 100));
      expect(lengthWithoutZeros(bytes), `round ${round}`).toBe(withoutZeros(bytes).length);
    }
  });
});

/** Zeros where a writer would have put them. */
const changeEnd = async (path: string): Promise<void> => truncate(path, 8192);

/** Batches, cut, flipped, or with sectors that never arrived. */
function someTail(position: number, random: () => number): Uint8Array {
  const tail = new Uint8Array(2000);
  if (random() < 0.1) return tail;
  let at = 0;
  for (let firstLsn = 5; firstLsn <= (random() < 0.5 ? 5 : 6); firstLsn++) {
    const value = new Uint8Array(Math.floor(random() * 700)).fill(random() < 0.3 ? 0 : 7);
    const body = Buffer.concat([encodeEntry({ type: "put", key: new Uint8Array(2), value }), Uint8Array.of(0xa5)]);
    const durableLsn = random() < 0.3 ? 5 : 4;
    const batch = encodeBatch(7, position + at, { firstLsn, count: 1, flags: 0, session: 1, durableLsn }, body);
    tail.set(batch, at);
    at += batch.length;
  }
  const what = random();
  const bit = Math.floor(random() * 8 * Math.min(at, 400));
  if (what < 0.4) tail[bit >> 3] = (tail[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  else if (what < 0.7) tail.fill(0, Math.floor(random() * at));
  else tail.fill(0, Math.max(0, 512 - (position % 512)), Math.max(0, 1024 - (position % 512)));
  return tail;
}
