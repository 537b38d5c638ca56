import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createSimulatedDisk, type SimulatedDisk } from "@laminar/disk/testing";
import { describe, expect, it } from "vitest";
import { openWal, type WalOptions } from "../src/index.ts";
import { type HeldDisk, holdCalls, nextTurn } from "./held-disk.ts";
import { freshDirectory, put } from "./logs.ts";

async function openTimed(options: WalOptions = {}) {
  const simulated = createSimulatedDisk();
  const disk = holdCalls(simulated);
  return { simulated, disk, log: await openWal("/log", { disk, ...options }) };
}

/** Lets time pass, and then everything run that the timers began. */
async function advance(simulated: SimulatedDisk, milliseconds: number): Promise<void> {
  simulated.advance(milliseconds);
  for (let i = 0; i < 10; i++) await nextTurn();
}

/** What was written while `action` ran. */
async function writesDuring(disk: HeldDisk, action: () => Promise<void>): Promise<number> {
  const before = disk.writes;
  await action();
  return disk.writes - before;
}

describe("the sync interval", () => {
  it("makes records durable when it has passed, and not before, without anybody asking", async () => {
    const { simulated, log } = await openTimed({ syncInterval: 250 });
    log.append(put("a", ""));
    await advance(simulated, 249);
    expect(log.durableLsn).toBe(0);
    await advance(simulated, 1);
    expect(log.durableLsn).toBe(1);
    await log.close();
  });

  it("counts from the oldest record that waits, not from the newest and not from an earlier flush", async () => {
    const { simulated, log } = await openTimed({ syncInterval: 100 });
    log.append(put("a", ""));
    await advance(simulated, 60);
    await log.sync();
    await advance(simulated, 10);
    log.append(put("b", ""));
    await advance(simulated, 60);
    log.append(put("c", ""));
    await advance(simulated, 39);
    expect(log.durableLsn).toBe(1);
    await advance(simulated, 1);
    expect(log.durableLsn).toBe(3);
    await log.close();
  });

  it("runs again for what was appended during a flush or behind a fence", async () => {
    const { simulated, disk, log } = await openTimed({ syncInterval: 100 });
    disk.hold("sync");
    log.append(put("a", ""));
    await advance(simulated, 100);
    log.append(put("b", ""));
    disk.letGo();
    await advance(simulated, 100);
    expect(log.durableLsn).toBe(2);
    const fence = log.truncateAfter(1);
    log.append(put("c", ""));
    await fence;
    expect(log.durableLsn).toBe(1);
    await advance(simulated, 100);
    expect(log.durableLsn).toBe(3);
    await log.close();
  });

  it("makes nothing durable when it is Infinity, until somebody asks", async () => {
    const { simulated, log } = await openTimed({ syncInterval: Number.POSITIVE_INFINITY });
    log.append(put("a", ""));
    await advance(simulated, 1e9);
    expect(log.durableLsn).toBe(0);
    await log.sync();
    expect(log.durableLsn).toBe(1);
    await log.close();
  });

  it("doesn't flush for nothing: a timer that was overtaken by a sync writes nothing", async () => {
    const { simulated, disk, log } = await openTimed({ syncInterval: 100 });
    log.append(put("a", ""));
    await log.sync();
    expect(await writesDuring(disk, () => advance(simulated, 500))).toBe(0);
    await log.close();
  });

  it("leaves no timer behind a close, during which it may fire", async () => {
    const { simulated, disk, log } = await openTimed({ syncInterval: 100 });
    log.append(put("a", ""));
    await log.sync();
    log.append(put("b", ""));
    disk.hold("sync");
    const closed = log.close();
    await disk.held();
    simulated.advance(5000);
    disk.letGo();
    await closed;
    expect([log.durableLsn, disk.timers]).toEqual([2, 0]);
    expect(await writesDuring(disk, () => advance(simulated, 5000))).toBe(0);
  });

  it("lets a program end that has appended and asks for nothing", async () => {
    const program = fileURLToPath(new URL("programs/append-and-end.mjs", import.meta.url));
    const { status, stdout } = spawnSync(process.execPath, [program, await freshDirectory()], { encoding: "utf8" });
    expect([status, stdout]).toEqual([0, "appended 1\n"]);
  });
});

describe("the marker of a log that rests", () => {
  it("is written once after a second without a flush, and never again while nothing changes", async () => {
    const { simulated, disk, log } = await openTimed();
    log.append(put("a", ""));
    await log.sync();
    expect(await writesDuring(disk, () => advance(simulated, 999))).toBe(0);
    expect(await writesDuring(disk, () => advance(simulated, 1))).toBe(1);
    expect(await writesDuring(disk, () => advance(simulated, 60_000))).toBe(0);
    expect(disk.timers).toBe(0);
    log.append(put("b", ""));
    await log.sync();
    expect(await writesDuring(disk, () => advance(simulated, 1000))).toBe(1);
    await log.close();
  });

  it("waits for a second of rest: every flush puts it off", async () => {
    const { simulated, disk, log } = await openTimed();
    for (let i = 0; i < 10; i++) {
      log.append(put("a", ""));
      await log.sync();
      expect(await writesDuring(disk, () => advance(simulated, 900))).toBe(0);
    }
    expect(await writesDuring(disk, () => advance(simulated, 100))).toBe(1);
    await log.close();
  });

  it("proves what is durable also beside records that nobody asked to be", async () => {
    const { simulated, disk, log } = await openTimed({ syncInterval: Number.POSITIVE_INFINITY });
    log.append(put("a", ""));
    await log.sync();
    log.append(put("b", ""));
    expect(await writesDuring(disk, () => advance(simulated, 1000))).toBe(1);
    expect(log.durableLsn).toBe(1);
    await log.close();
    const again = await openWal("/log", { disk });
    expect(again.lastLsn).toBe(2);
    await again.close();
  });

  it("isn't written by a log that wrote nothing, nor after one that a fence or a close has written", async () => {
    const { simulated, disk, log } = await openTimed();
    expect(await writesDuring(disk, () => advance(simulated, 5000))).toBe(0);
    log.appendAll([put("a", ""), put("b", "")]);
    await log.truncateAfter(1);
    expect(await writesDuring(disk, () => advance(simulated, 5000))).toBe(0);
    await log.close();
    expect(await writesDuring(disk, () => advance(simulated, 5000))).toBe(0);
  });
});
