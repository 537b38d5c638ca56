import { cp, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inspectWal, openWal, openWalReader, verifyWal, type WalInspection, walSize } from "../src/index.ts";
import { changeBytes, DAMAGES } from "./damages.ts";
import { readOnlyDisk, watchedDisk } from "./disks.ts";
import { commit, freshDirectory, put, seeded } from "./logs.ts";
import { copyOf, lookAt, segment, writeSampleLog } from "./run-command.ts";

const why = ({ notCounting }: WalInspection): unknown => notCounting.map((file) => [file.file, file.why]);

it("says what stands in the directory, and changes nothing", async () => {
  const directory = await writeSampleLog();
  const reader = await openWalReader(directory);
  const inspection = await inspectWal(directory, { disk: readOnlyDisk });
  const { segments, ...rest } = inspection;
  expect(rest).toEqual({
    directory,
    logId: reader.logId,
    formatVersion: 1,
    entries: "standard",
    startsAfter: 0,
    firstLsn: 1,
    lastLsn: 31,
    provenLsn: 31,
    end: { kind: "clean", file: segment(8), offset: 392, bytes: 0 },
    notCounting: [{ file: segment(7), bytes: 263, why: "superseded" }],
    gaps: [{ file: segment(8), firstLsn: 25, lastLsn: 26 }],
    heads: ["0000000000000008.head"],
    leftovers: [],
    others: [],
    lockOwners: [],
    batches: 14,
    records: 29,
    bytes: await walSize(directory),
    damages: [],
  });
  expect(segments.map(({ file }) => file)).toEqual([1, 2, 3, 4, 5, 6, 8].map(segment));
  expect(segments[1]).toEqual({ file: segment(2), bytes: 1183, usedBytes: 1183, firstLsn: 5, lastLsn: 8, batches: 2, records: 4, sessions: [1], continuesAfter: 4, baseLsn: 5, oldestLsn: 1 });
  expect(segments[6]).toMatchObject({ firstLsn: 27, lastLsn: 31, sessions: [8], continuesAfter: 24, baseLsn: 27 });
  expect(JSON.parse(JSON.stringify(inspection))).toEqual(inspection);
});

it("is printed for people, and as one JSON object", async () => {
  const directory = await writeSampleLog();
  const text = await lookAt(directory, "inspect");
  expect(text.stdout).toContain("\nrecords       1 to 31\n");
  expect(text.stdout).toContain("\nlock          free\n");
  expect(text.stdout).toContain("\ntotal         29 records, 14 batches, 7 segments, 8388 bytes\n");
  expect(text.stdout).toMatch(new RegExp(`^${segment(8)} +27 +31 +5 +2 +1024 +392 +24 +27 +1 +8$`, "m"));
  expect(text.stdout).toContain(`\n  records 25 to 26, skipped by ${segment(8)}: a fence took them out of use, or they were given up behind damage\n`);
  expect(text.stdout).toContain(`\n  ${segment(7)}  263 bytes, superseded: `);
  const json = await lookAt(directory, "inspect", "--json");
  expect(JSON.parse(json.stdout)).toEqual(await inspectWal(directory));
});

it("shows a fence in the middle of a segment: what is behind it no longer counts", async () => {
  const directory = await freshDirectory();
  const log = await openWal(directory);
  log.appendAll([put("a", ""), put("b", ""), put("c", ""), put("d", "")]);
  await log.truncateAfter(2);
  await log.close();
  const { segments, gaps, records, lastLsn, firstLsn } = await inspectWal(directory);
  expect(segments[0]).toMatchObject({ firstLsn: 1, lastLsn: 2, records: 2, batches: 1 });
  expect(segments[1]).toMatchObject({ records: 0, batches: 0, sessions: [], baseLsn: 5 });
  expect(segments[1]).not.toHaveProperty("firstLsn");
  expect([gaps, records, firstLsn, lastLsn]).toEqual([[{ file: segment(2), firstLsn: 3, lastLsn: 4 }], 2, 1, 2]);
});

it("names the lock's owner, leftovers, files of which nothing counts, and other files", async () => {
  const directory = await writeSampleLog();
  const oldest = await readFile(join(directory, segment(1)));
  const log = await openWal(directory);
  await log.truncateBefore(10);
  // Its unlinking failed, say.
  await writeFile(join(directory, segment(1)), oldest);
  await writeFile(join(directory, `${segment(99)}.tmp`), "");
  await writeFile(join(directory, `${segment(3)}.damaged`), "");
  await writeFile(join(directory, "notes.txt"), "");
  await mkdir(join(directory, "LOCK.v1+x"));
  const inspection = await inspectWal(directory, { disk: readOnlyDisk });
  expect(why(inspection)).toContainEqual([segment(1), "dropped"]);
  expect(inspection.leftovers).toEqual([`${segment(3)}.damaged`, `${segment(99)}.tmp`]);
  expect(inspection.others).toEqual(["notes.txt"]);
  expect(inspection.lockOwners).toEqual([expect.stringMatching(/^v1\+/)]);
  const { stdout, code } = await lookAt(directory, "inspect");
  expect(code).toBe(0);
  expect(stdout).toMatch(new RegExp(`^lock +entry of process ${process.pid}, thread \\d+, on .+; whether it runs isn't judged$`, "m"));
  expect(stdout).toMatch(/a segment that was never published$/m);
  expect(stdout).toMatch(/a damaged segment that was set aside$/m);
  expect(stdout).toMatch(/^Other files, which aren't the log's\n {2}"notes\.txt"$/m);
  await log.close();
});

it("tells segments that were gathered into a later one from dropped ones", async () => {
  const directory = await freshDirectory();
  const open = async (): Promise<void> => {
    const log = await openWal(directory);
    log.append(commit(1));
    await log.close();
  };
  await open();
  await open();
  const before = await copyOf(directory);
  await open();
  await cp(before, directory, { recursive: true });
  expect(why(await inspectWal(directory))).toEqual([[segment(1), "superseded"], [segment(2), "superseded"]]);
});

const LOGS = 20;

it(`agrees with verification about ${LOGS} random logs`, async () => {
  let records = 0;
  for (let seed = 1; seed <= LOGS; seed++) {
    const random = seeded(seed);
    const directory = await freshDirectory();
    for (let opened = 0; opened < 2; opened++) {
      const log = await openWal(directory, { segmentSize: 1024, maxBatchSize: 300 });
      for (let step = 0; step < 25; step++) {
        log.appendAll(Array.from({ length: Math.floor(random() * 4) }, () => put("key", "v".repeat(random() * 200))));
        if (random() < 0.5) await log.sync();
        if (random() < 0.05) await log.truncateAfter(Math.max(log.startsAfter, log.lastLsn - Math.floor(random() * 9)));
        if (random() < 0.05) await log.truncateBefore(Math.floor(random() * log.lastLsn));
      }
      await log.close();
    }
    const { verdict, end, segments, damage: _, ...verified } = await verifyWal(directory);
    const inspection = await inspectWal(directory);
    expect(inspection, `seed ${seed}`).toMatchObject({ ...verified, end });
    expect([verdict, segments], `seed ${seed}`).toEqual(["ok", inspection.segments.length]);
    records += inspection.records;
  }
  expect(records).toBeGreaterThan(500);
  console.log(`seeds 1 to ${LOGS}, ${records} records`);
});

describe("a damaged log", () => {
  const inBodies = ["a bit in a body", "a bit in the newest segment"];

  it.each(DAMAGES.filter(({ name }) => !inBodies.includes(name)))("with $name: is described as far as it can be, with 1", async ({ code, file, offset, apply }) => {
    const directory = await writeSampleLog();
    await apply(directory);
    const inspection = await inspectWal(directory);
    expect(inspection.damages.map((damage) => [damage.code, damage.file, damage.offset])).toEqual([
      [code, file === undefined ? directory : join(directory, segment(file)), offset],
    ]);
    expect(JSON.parse(JSON.stringify(inspection))).toMatchObject({ directory, formatVersion: 1 });
    const outcome = await lookAt(directory, "inspect");
    expect(outcome).toMatchObject({ code: 1, stderr: "" });
    expect(outcome.stdout).toContain(`\nDamage that names and headers show; verify reads everything\n\n${code}\n`);
  });

  it("whose headers are all damaged is described by its names", async () => {
    const directory = await writeSampleLog();
    for (let number = 1; number <= 8; number++) await changeBytes(join(directory, segment(number)), (bytes) => bytes.fill(0, 0, 128));
    const inspection = await inspectWal(directory);
    expect(inspection.logId).toBeUndefined();
    expect(inspection.notCounting).toHaveLength(8);
    expect(new Set(inspection.notCounting.map((file) => file.why))).toEqual(new Set(["unreadable"]));
    expect(inspection.damages).toHaveLength(1);
    expect((await lookAt(directory, "inspect")).stdout).toMatch(/^log +no segment header can be read$/m);
    expect((await lookAt(directory, "inspect", "--json")).code).toBe(1);
  });

  it("with a head and no segment at all has lost everything, and says so", async () => {
    const directory = await freshDirectory();
    await writeFile(join(directory, "0000000000000003.head"), "");
    expect((await inspectWal(directory)).damages).toMatchObject([{ code: "WAL_LOST_SEGMENT", file: directory, expected: 3, actual: 0 }]);
    expect(await lookAt(directory, "inspect")).toMatchObject({ code: 1, stderr: "" });
  });
});

it("refuses what isn't a path, ends with the signal's reason, and leaves no file open", async () => {
  await expect(inspectWal("")).rejects.toThrow(TypeError);
  const directory = await writeSampleLog();
  await expect(inspectWal(join(directory, "nowhere"))).rejects.toMatchObject({ name: "WalError", code: "WAL_NOT_FOUND" });
  const watched = watchedDisk();
  const reason = new Error("enough");
  await expect(inspectWal(directory, { disk: watched.disk, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  await inspectWal(directory, { disk: watched.disk });
  expect(watched.open()).toBe(0);
  await rename(join(directory, segment(4)), join(directory, `${segment(4)}.away`));
  await inspectWal(directory, { disk: watched.disk });
  expect(watched.open()).toBe(0);
});
