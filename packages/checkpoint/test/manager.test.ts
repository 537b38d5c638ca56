import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSimulatedDisk } from "@laminar/disk/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CheckpointConfig, type CheckpointRequest, isCorruption, openCheckpointManager, openCheckpointReader, validateCheckpoint } from "../src/index.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const nameOf = (id: number): string => `checkpoint_${id.toString(16).padStart(16, "0")}`;

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of chunks) text += new TextDecoder().decode(chunk);
  return text;
}

let directory = "";
beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), "laminar-manager-")), "checkpoints");
});
afterEach(async () => {
  await rm(join(directory, ".."), { recursive: true, force: true });
});

const open = (config: CheckpointConfig = {}) => openCheckpointManager({ directory, ...config });

describe("the reference's manager cases", () => {
  it("refuses a configuration that makes no sense", async () => {
    for (const wrong of [{ maxRetained: 0 }, { interval: 0 }, { minWalSizeForCheckpoint: -1 }, { interval: 0.5 }]) await expect(open(wrong)).rejects.toThrow(RangeError);
    await expect(open({ maxRetained: "3" } as unknown as CheckpointConfig)).rejects.toThrow(TypeError);
    await expect(openCheckpointManager({})).rejects.toThrow(TypeError);
  });

  it("gives metadata back as they were made, 64-bit numbers included", async () => {
    const manager = await open();
    manager.epoch = 42;
    const made = await manager.create({
      walPosition: 500,
      walId: "ab",
      sourceOffsets: new Map([["source", 2n ** 63n - 1n], ["__proto__", 1n]]),
      watermark: -(2n ** 63n),
      keyCount: 2,
      state: bytesOf("state"),
    });
    expect(made).toMatchObject({ id: 1, epoch: 42, walPosition: 500, kind: "full", isIncremental: false, sizeBytes: 5 });
    expect(await manager.metadata(1)).toEqual(made);
    await manager.close();
    expect(await validateCheckpoint(join(directory, nameOf(1)))).toEqual(made);
  });

  it("names the parent of the second checkpoint, loads states back, and lists newest first", async () => {
    const manager = await open();
    await manager.create({ walPosition: 0, state: bytesOf("one") });
    const second = await manager.create({ walPosition: 0, state: [bytesOf("t"), bytesOf("wo")] });
    expect(second.parentId).toBe(1);
    expect(await textOf(manager.readState(1))).toBe("one");
    expect(await textOf(manager.readState(2))).toBe("two");
    expect((await manager.list()).map(({ id }) => id)).toEqual([2, 1]);
    expect((await manager.latest())?.id).toBe(2);
    await manager.close();
  });

  it("keeps the newest when it cleans up, after each checkpoint and when asked", async () => {
    const manager = await open({ maxRetained: 3 });
    for (let i = 0; i < 5; i++) await manager.create({ walPosition: 0, state: bytesOf(`${i}`) });
    expect((await manager.list()).map(({ id }) => id)).toEqual([5, 4, 3]);
    expect(await manager.cleanup(1)).toEqual([3, 4]);
    expect(new Set(await readdir(directory))).toEqual(new Set(["LOCK", nameOf(5)]));
    await manager.close();
  });

  it("moves latest when the newest is deleted, and never gives its id again", async () => {
    const manager = await open();
    await manager.create({ walPosition: 0, state: bytesOf("1") });
    await manager.create({ walPosition: 0, state: bytesOf("2") });
    await manager.delete(2);
    expect([manager.latestCheckpointId, (await manager.latest())?.id]).toEqual([1, 1]);
    await expect(manager.delete(2)).rejects.toMatchObject({ code: "CHECKPOINT_NOT_FOUND" });
    await manager.close();
    const again = await open();
    expect((await again.create({ walPosition: 0, state: bytesOf("3") })).id).toBe(3);
    await again.close();
  });

  it("asks for a checkpoint when the interval has passed on the monotonic clock and the log is large enough", async () => {
    const disk = createSimulatedDisk();
    const manager = await openCheckpointManager({ directory: "/checkpoints", disk, interval: 500, minWalSizeForCheckpoint: 100 });
    expect(manager.shouldCheckpoint()).toBe(false);
    disk.advance(499);
    expect(manager.shouldCheckpoint()).toBe(false);
    disk.advance(1);
    expect([manager.shouldCheckpoint(), manager.shouldCheckpoint({ walBytes: 99 }), manager.shouldCheckpoint({ walBytes: 100 })]).toEqual([true, false, true]);
    await manager.create({ walPosition: 0, state: bytesOf("") });
    expect(manager.shouldCheckpoint()).toBe(false);
    await manager.close();
  });

  it("finds what is there, carries epoch and ids on, skips partial directories and doesn't reuse their ids", async () => {
    const first = await open();
    first.epoch = 7;
    await first.create({ walPosition: 0, state: bytesOf("1") });
    await first.close();
    await mkdir(join(directory, nameOf(9)));
    await mkdir(join(directory, "checkpoint_ff"));
    await mkdir(join(directory, "checkpoint_ffffffffffffffff"));
    const again = await open();
    expect([again.epoch, again.latestCheckpointId]).toEqual([7, 1]);
    expect((await again.create({ walPosition: 0, state: bytesOf("2") })).id).toBe(10);
    expect((await readdir(directory)).filter((name) => !/^(LOCK|checkpoint_0)/.test(name))).toEqual(["checkpoint_ff", "checkpoint_ffffffffffffffff"]);
    await again.close();
  });
});

describe("a manager", () => {
  it("takes one cut only: durable in its log, not fenced off, and with a state", async () => {
    const log = { logId: "l", durableLsn: 10, counts: (lsn: number) => lsn !== 5, truncateBefore: async () => 0 };
    const manager = await open({ log });
    await expect(manager.create({ walPosition: 11, state: bytesOf("") })).rejects.toMatchObject({ code: "CHECKPOINT_NOT_DURABLE" });
    await expect(manager.create({ walPosition: 5, state: bytesOf("") })).rejects.toThrow(RangeError);
    await expect(manager.create({ walPosition: 1 } as unknown as CheckpointRequest)).rejects.toThrow(TypeError);
    expect((await manager.create({ walPosition: 10, state: bytesOf("") })).walId).toBe("l");
    await manager.close();
  });

  it("truncates the log behind the oldest kept checkpoint, and only reports when that fails", async () => {
    const calls: number[] = [];
    const log = { logId: "l", durableLsn: 100, counts: () => true, truncateBefore: async (lsn: number) => void calls.push(lsn) };
    const manager = await open({ log, maxRetained: 2 });
    for (const walPosition of [10, 20, 30]) await manager.create({ walPosition, state: bytesOf("") });
    expect(calls).toEqual([11, 11, 21]);
    log.truncateBefore = () => Promise.reject(new Error("no"));
    await manager.create({ walPosition: 40, state: bytesOf("") });
    expect(manager.lastCleanup).toMatchObject({ error: { message: "no" } });
    expect(await manager.oldestWalPosition()).toBe(30);
    await manager.close();
  });

  it("has the directory to itself", async () => {
    const manager = await open();
    await expect(open()).rejects.toMatchObject({ code: "CHECKPOINT_LOCKED" });
    await manager.close();
    await (await open()).close();
    await expect(manager.create({ walPosition: 0, state: bytesOf("") })).rejects.toMatchObject({ code: "CHECKPOINT_CLOSED" });
  });

  it("falls back to the older one for every bit flipped and every byte cut in the newest, and says why", async () => {
    const manager = await open();
    await manager.create({ walPosition: 0, state: bytesOf("older state") });
    await manager.create({ walPosition: 0, state: bytesOf("newer state"), sourceOffsets: new Map([["s", 1]]) });
    let damages = 0;
    for (const file of ["metadata.json", "state.bin"]) {
      const path = join(directory, nameOf(2), file);
      const whole = new Uint8Array(await readFile(path));
      const variants = Array.from({ length: whole.length * 8 }, (_, bit) => whole.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)));
      for (let length = 0; length < whole.length; length++) variants.push(whole.slice(0, length));
      for (const damaged of variants) {
        await writeFile(path, damaged);
        expect((await manager.latest())?.id).toBe(1);
        damages++;
      }
      await writeFile(path, whole);
    }
    expect((await manager.latest())?.id).toBe(2);
    console.log(`${damages} damages, each found`);
    await manager.close();
  }, 600_000);

  it("doesn't keep what a kept chain doesn't need, and keeps newer damage to be looked at", async () => {
    const manager = await open({ maxRetained: 1 });
    await manager.create({ walPosition: 0, state: bytesOf("1") });
    await manager.close();
    await writeFile(join(directory, nameOf(1), "state.bin"), "2");
    const again = await open({ maxRetained: 1 });
    expect(await again.latest()).toBeUndefined();
    await again.create({ walPosition: 0, state: bytesOf("3") });
    expect(new Set(await readdir(directory))).toEqual(new Set(["LOCK", nameOf(2)]));
    await again.close();
  });

  it("is read without a lock and without a change, also where nothing is", async () => {
    expect(await openCheckpointReader(directory).survey()).toEqual({ exists: false, checkpoints: [], ignored: [] });
    const manager = await open();
    await manager.create({ walPosition: 0, state: bytesOf("1") });
    const survey = await openCheckpointReader(directory).survey();
    expect(survey.checkpoints.map(({ id }) => id)).toEqual([1]);
    await manager.close();
    await writeFile(join(directory, nameOf(1), "metadata.json"), "{}");
    const [damaged] = (await openCheckpointReader(directory).survey()).checkpoints;
    expect(isCorruption(damaged?.problem)).toBe(true);
  });

  it("refuses to work beside checkpoints of a newer format", async () => {
    const { crc32 } = await import("@laminar/disk/checksum");
    const manager = await open();
    await manager.create({ walPosition: 0, state: bytesOf("1") });
    await manager.close();
    const path = join(directory, nameOf(1), "metadata.json");
    const body = (await readFile(path, "utf8")).replace('"formatVersion": 1', '"formatVersion": 9').replace(/,\n {2}"checksum"[\s\S]*/, "");
    await writeFile(path, `${body},\n  "checksum": "${crc32(bytesOf(body)).toString(16).padStart(8, "0")}"\n}\n`);
    await expect(open()).rejects.toMatchObject({ code: "CHECKPOINT_UNSUPPORTED_FORMAT" });
  });
});
