import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isWalError, openWal, openWalReader, type VerifyProgress, verifyWal, type WalReport } from "../src/index.ts";
import { type LogImage, readLogImage } from "../src/testing/index.ts";
import { DAMAGES } from "./damages.ts";
import { watchedDisk, readOnlyDisk } from "./disks.ts";
import { withoutZeros } from "./image-damage.ts";
import { commit, contentOf, freshDirectory, lsnsOf, put, readAll } from "./logs.ts";
import { copyOf, lookAt, segment, writeSampleLog } from "./run-command.ts";

const asJson = (report: WalReport): unknown => JSON.parse(JSON.stringify({ ...report, damage: undefined })) as unknown;

it("counts what reading gives, and changes nothing", async () => {
  const directory = await writeSampleLog();
  const report = await verifyWal(directory, { disk: readOnlyDisk });
  const reader = await openWalReader(directory);
  const held = await readAll(reader);
  expect(report).toEqual({
    verdict: "ok",
    damages: [],
    logId: reader.logId,
    startsAfter: 0,
    lastLsn: 31,
    provenLsn: 31,
    records: held.length,
    batches: 14,
    segments: 7,
    end: { kind: "clean", file: segment(8), offset: 392, bytes: 0 },
  });
});

it("says openly how much of a write that never finished stands at the end", async () => {
  const directory = await freshDirectory();
  const log = await openWal(directory);
  log.append(put("a", ""));
  await log.sync();
  log.append(put("b", "x".repeat(1000)));
  await log.sync();
  const killed = await copyOf(directory);
  await log.close();
  const path = join(killed, segment(1));
  const bytes = withoutZeros(await readFile(path));
  await writeFile(path, bytes.subarray(0, bytes.length - 400));
  expect(await verifyWal(killed)).toMatchObject({ verdict: "ok", lastLsn: 1, records: 1, end: { kind: "torn", file: segment(1) } });
  const outcome = await lookAt(killed, "verify");
  expect(outcome).toMatchObject({ code: 0, stderr: "" });
  expect(outcome.stdout).toMatch(/^ok: 1 record in 1 batch of 1 segment verify, the last is 1; .* before \d+ bytes of a write that never finished or is under way, which count for nothing\n$/);
});

describe("a damaged log", () => {
  it.each(DAMAGES)("with $name: says code, place, what is left, and what to do", async ({ code, file, offset, lastLsn, apply }) => {
    const directory = await writeSampleLog();
    await apply(directory);
    const report = await verifyWal(directory, { disk: readOnlyDisk });
    const path = file === undefined ? directory : join(directory, segment(file));
    const place = { code, file: path, ...(offset !== undefined && { offset }) };
    expect(report).toMatchObject({ verdict: "damaged", lastLsn, damage: place });
    expect(report.damages.map((damage) => [damage.code, damage.file, damage.offset])).toEqual([[code, path, offset]]);
    expect(report.damages[0]?.message).toMatch(/[Rr]estore/);
    expect(await openWal(directory).catch((error: unknown) => error)).toMatchObject({ ...place, message: report.damage?.message });
    const readable = lsnsOf(await readAll(await openWalReader(directory, { onDamage: "stop" }), { unproven: true }));
    expect([report.records, report.lastLsn]).toEqual([readable.length, readable.at(-1)]);

    const text = await lookAt(directory, "verify");
    expect(text).toMatchObject({ code: 1, stderr: "" });
    expect(text.stdout).toMatch(new RegExp(`^damaged: \\d places?; \\d+ records can be read in order, the last is ${lastLsn}; proven durable up to \\d+\\n\\n${code}\\n  file +${path}\\n`));
    expect(text.stdout).toMatch(/ with dump --on-damage stop/);
    const json = await lookAt(directory, "verify", "--json");
    expect(json).toMatchObject({ code: 1, stderr: "" });
    expect(JSON.parse(json.stdout)).toEqual(asJson(report));
  });

  it("in several places: names each, the first as the verdict, and the rest verifies on its own", async () => {
    const directory = await writeSampleLog();
    for (const number of [2, 5]) {
      const path = join(directory, segment(number));
      const bytes = await readFile(path);
      bytes[300] = (bytes[300] as number) ^ 1;
      await writeFile(path, bytes);
    }
    const { damages } = await verifyWal(directory);
    expect(damages.map(({ file, lsn, offset, expected, actual }) => [file, lsn, offset, expected, actual])).toEqual([
      [join(directory, segment(2)), 5, 177, 8, 4],
      [join(directory, segment(5)), 17, 177, 20, 16],
    ]);
  });

  it("names every file when no header can be read, since none that isn't named is damaged", async () => {
    const directory = await writeSampleLog();
    const names = (await readdir(directory)).filter((name) => name.endsWith(".wal")).sort();
    for (const name of names) await writeFile(join(directory, name), "no header");
    const report = await verifyWal(directory);
    expect(report.damages.map(({ code, file, offset }) => [code, file, offset])).toEqual(names.map((name) => ["WAL_CORRUPT", join(directory, name), 0]));
    expect(report.damages[0]?.message).toBe(report.damage?.message);
    expect((await lookAt(directory, "verify")).stdout).toMatch(new RegExp(`^damaged: ${names.length} places; no record can be read`));
  });

  it("of which no header can be read is damaged as well, with nothing known", async () => {
    const directory = await freshDirectory();
    await (await openWal(directory)).close();
    await writeFile(join(directory, segment(1)), "not a segment");
    expect(await verifyWal(directory)).toMatchObject({ verdict: "damaged", records: 0, segments: 0, damages: [{ code: "WAL_CORRUPT", offset: 0 }] });
    expect(await lookAt(directory, "verify")).toMatchObject({ code: 1, stderr: "", stdout: expect.stringMatching(/^damaged: 1 place; no record can be read in order/) as string });
  });
});

const STEP = 149;

it(`gives the verdict of reading, with its place, for every ${STEP}th bit flipped`, async () => {
  const directory = await writeSampleLog();
  const files = new Map([...(await contentOf(directory))].filter(([path]) => path.endsWith(".wal")));
  const heads = new Map([[join(directory, "0000000000000008.head"), new Uint8Array()]]);
  let flips = 0;
  let damaged = 0;
  let bit = 0;
  for (const [path, bytes] of files) {
    for (; bit < bytes.length * 8; bit += STEP) {
      const flipped = bytes.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      await writeFile(path, flipped);
      const expected = refusal({ directory, files: new Map([...heads, ...files, [path, flipped]]) });
      const { damage } = await verifyWal(directory);
      expect([damage?.code, damage?.file, damage?.offset, damage?.lsn], `bit ${bit} of ${path}`).toEqual(expected);
      flips++;
      if (damage) damaged++;
    }
    bit -= bytes.length * 8;
    await writeFile(path, bytes);
  }
  expect(damaged).toBeGreaterThan(flips / 2);
  console.log(`${flips} bits flipped, ${damaged} of them damage, the same verdict and place each time`);
});

function refusal(image: LogImage): unknown[] {
  try {
    readLogImage(image);
    return [undefined, undefined, undefined, undefined];
  } catch (error) {
    if (!isWalError(error)) throw error;
    return [error.code, error.file, error.offset, error.lsn];
  }
}

describe("beside a writer", () => {
  it("doesn't take bytes for damage that a second look finds complete", async () => {
    const directory = await writeSampleLog();
    let looks = 0;
    const halfWritten = watchedDisk((path, _position, bytes) => {
      if (path.endsWith(segment(8)) && looks++ === 0) bytes.fill(0xee, 200);
    });
    expect(await verifyWal(directory, { disk: halfWritten.disk })).toMatchObject({ verdict: "ok", lastLsn: 31 });
    expect(looks).toBeGreaterThan(1);
  });

  it("finds damage in an old segment while the newest grows with every look", async () => {
    const directory = await freshDirectory();
    const log = await openWal(directory, { segmentSize: 1024 });
    const append = async (): Promise<void> => {
      log.append(put("key", "x".repeat(300)));
      await log.sync();
    };
    for (let i = 0; i < 12; i++) await append();
    const path = join(directory, segment(1));
    const bytes = await readFile(path);
    bytes[300] = (bytes[300] as number) ^ 1;
    await writeFile(path, bytes);
    const report = await verifyWal(directory, { onProgress: () => log.append(commit(1)) });
    expect(report).toMatchObject({ verdict: "damaged", damage: { code: "WAL_CORRUPT", file: path, offset: 177 } });
    await log.close();
  });
});

describe("a long verification", () => {
  it("tells how far it is, up to all bytes", async () => {
    const directory = await writeSampleLog();
    const seen: VerifyProgress[] = [];
    await verifyWal(directory, { onProgress: (progress) => seen.push(progress) });
    const read = seen.map(({ bytesRead }) => bytesRead);
    expect(read).toEqual([...read].sort((a, b) => a - b));
    expect(new Set(seen.map(({ bytesTotal }) => bytesTotal)).size).toBe(1);
    expect(read.at(-1)).toBe(seen[0]?.bytesTotal);
    expect(seen.length).toBeGreaterThan(14);
  });

  it("ends with the signal's reason, or with what its callback throws, and leaves no file open", async () => {
    const directory = await writeSampleLog();
    const watched = watchedDisk();
    const controller = new AbortController();
    const reason = new Error("enough");
    let calls = 0;
    const stop = (): void => {
      if (++calls === 3) controller.abort(reason);
    };
    await expect(verifyWal(directory, { disk: watched.disk, signal: controller.signal, onProgress: stop })).rejects.toBe(reason);
    expect(calls).toBe(3);
    const refuse = (): never => {
      throw reason;
    };
    await expect(verifyWal(directory, { disk: watched.disk, onProgress: refuse })).rejects.toBe(reason);
    await expect(verifyWal(directory, { disk: watched.disk, signal: controller.signal })).rejects.toBe(reason);
    expect(watched.open()).toBe(0);
  });

  it("rejects when the disk fails, which is no damage", async () => {
    const directory = await writeSampleLog();
    const failing = watchedDisk((path) => {
      if (path.endsWith(segment(4))) throw Object.assign(new Error("the disk is gone"), { name: "DiskError", code: "DISK_IO" });
    });
    await expect(verifyWal(directory, { disk: failing.disk })).rejects.toMatchObject({ name: "WalError", code: "WAL_IO", file: join(directory, segment(4)) });
    expect(failing.open()).toBe(0);
  });
});
