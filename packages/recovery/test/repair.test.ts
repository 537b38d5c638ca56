import { fileCheckpointStore, openCheckpointManager } from "@laminar/checkpoint";
import { readFullySync, writeFully } from "@laminar/disk";
import { createSimulatedDisk, type SimulatedDisk } from "@laminar/disk/testing";
import { encodeSnapshot } from "@laminar/state-snapshot";
import { openWal, type WalEntryInput } from "@laminar/wal";
import { describe, expect, it } from "vitest";
import { formatReport, openDurableState, recover, type RecoveredState, type RecoveryConfig } from "../src/index.ts";

const places = { checkpointDir: "/data/checkpoints", walDir: "/data/log" };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const put = (key: string): WalEntryInput => ({ type: "put", key: bytes(key), value: bytes(`value of ${key}`) });
const commit = (offset: number): WalEntryInput => ({ type: "commit", offsets: new Map([["s", offset]]), watermark: offset * 10 });
const keysOf = ({ stateChanges }: RecoveredState): string[] => stateChanges.map(({ key }) => new TextDecoder().decode(key));

/** Commits 1 to `count`, each of one put, in a batch of its own; then a put that no commit covers. Records 1 to 2 × count + 1. */
async function written(count: number): Promise<SimulatedDisk> {
  const disk = createSimulatedDisk();
  const log = await openWal(places.walDir, { disk });
  for (let number = 1; number <= count; number++) {
    log.appendAll([put(`key ${number}`), commit(number)]);
    await log.sync();
  }
  log.append(put("uncommitted"));
  await log.close();
  return disk;
}

/** Changes one byte of the log's newest segment, in the value of that key. */
async function damage(disk: SimulatedDisk, key: string): Promise<void> {
  for (const { name } of disk.listSync(places.walDir).filter((entry) => entry.name.endsWith(".wal"))) {
    const path = `${places.walDir}/${name}`;
    const content = new Uint8Array(disk.statSync(path)?.size ?? 0);
    readFullySync(disk, path, 0, content);
    const at = Buffer.from(content).indexOf(`value of ${key}`);
    if (at < 0) continue;
    content[at] = 0x56;
    await disk.remove(path);
    const file = await disk.create(path);
    await writeFully(file, 0, content);
    await file.sync();
    await file.close();
    return;
  }
  throw new Error(`no segment has ${key}`);
}

const from = (disk: SimulatedDisk, config: Partial<RecoveryConfig> = {}): Promise<RecoveredState> => recover({ ...places, disk, ...config });

async function goOn(disk: SimulatedDisk, options: { readonly onDamage?: "stop"; readonly after?: number } = {}): Promise<RecoveredState> {
  const log = await openWal(places.walDir, { disk, ...options });
  log.appendAll([put("afterwards"), commit(99)]);
  await log.close();
  return from(disk);
}

describe("a recovery that repairs", () => {
  it("is refused where the log has let go what the state hangs on, and nothing is lost", async () => {
    const disk = createSimulatedDisk();
    const log = await openWal(places.walDir, { disk, segmentSize: 1024 });
    const manager = await openCheckpointManager({ directory: places.checkpointDir, disk, log, truncateWal: false });
    for (let number = 1; number <= 20; number++) {
      log.appendAll([put(`key ${number}`), commit(number)]);
      await log.sync();
      if (number === 12 || number === 15) await manager.create({ walPosition: number * 2, state: [...encodeSnapshot([])] });
    }
    await log.truncateBefore(31);
    expect(log.startsAfter).toBeLessThan(24);
    await manager.close();
    await log.close();

    const readable = await from(disk, { until: 28 });
    expect([readable.checkpointId, readable.walPosition]).toEqual([1, 28]);
    const before = await from(disk);
    await expect(from(disk, { until: 28, repairWal: true })).rejects.toMatchObject({ code: "RECOVERY_LOG_STARTS_LATER", lsn: 28 });
    const { report: _, ...same } = await from(disk);
    expect({ ...same, report: before.report }).toEqual(before);
    expect((await from(disk, { until: 34, repairWal: true })).walPosition).toBe(34);
    expect((await goOn(disk)).walPosition).toBeGreaterThan(34);
  });

  it("makes a point in time the present", async () => {
    const disk = await written(4);
    const back = await from(disk, { until: 4, repairWal: true });
    expect([keysOf(back), back.walPosition, back.report.log?.fencedAfter]).toEqual([["key 1", "key 2"], 4, 4]);
    expect(formatReport(back.report)).toContain("Everything after record 4 was taken out of use.");
    const now = await from(disk);
    expect([keysOf(now), now.sourceOffsets, now.report.partial]).toEqual([["key 1", "key 2"], new Map([["s", 2n]]), false]);
    const later = await goOn(disk);
    expect(keysOf(later)).toEqual(["key 1", "key 2", "afterwards"]);
    expect(later.walPosition).toBeGreaterThan(9);
  });

  it("takes a watermark as the point in time, and leaves abandoned checkpoints unused", async () => {
    const disk = await written(4);
    const log = await openWal(places.walDir, { disk });
    const manager = await openCheckpointManager({ directory: places.checkpointDir, disk, log });
    await manager.create({ walPosition: 8, watermark: 40, state: bytes("never read") });
    await manager.close();
    await log.close();
    const back = await from(disk, { until: { watermark: 20 }, repairWal: true });
    expect(keysOf(back)).toEqual(["key 1", "key 2"]);
    const now = await from(disk);
    expect([keysOf(now), now.report.skippedCheckpoints.map(({ reason }) => reason)]).toEqual([["key 1", "key 2"], ["abandoned"]]);
  });

  it("takes what no commit covers out of use", async () => {
    const disk = await written(2);
    await from(disk, { repairWal: true });
    const now = await from(disk);
    expect([now.walPosition, now.report.log?.entriesDiscarded]).toEqual([4, 0]);
  });

  it("takes the lock first, and changes nothing where it can't", async () => {
    const disk = await written(2);
    const log = await openWal(places.walDir, { disk });
    await expect(from(disk, { repairWal: true })).rejects.toMatchObject({ code: "WAL_LOCKED" });
    await log.close();
    expect((await from(disk)).walPosition).toBe(4);
  });

  it("works on a log that is open for writing, and leaves it open", async () => {
    const disk = await written(2);
    const log = await openWal(places.walDir, { disk });
    await recover({ checkpointDir: places.checkpointDir, disk, wal: log, until: 2, repairWal: true });
    log.appendAll([put("afterwards"), commit(99)]);
    await log.close();
    expect(keysOf(await from(disk))).toEqual(["key 1", "afterwards"]);
  });

  it("makes no log where none is", async () => {
    const disk = createSimulatedDisk();
    expect((await from(disk, { repairWal: true })).report.freshStart).toBe(true);
    expect(disk.statSync("/data")).toBeUndefined();
  });

  it("is refused where it would give up for good what was left out by the way", async () => {
    const disk = await written(1);
    const { wal, walDir } = { wal: { lastLsn: 1 }, walDir: undefined };
    await expect(from(disk, { repairWal: true, maxWalEntries: 1 })).rejects.toThrow(RangeError);
    await expect(from(disk, { repairWal: true, onDamage: "stop" })).rejects.toThrow(RangeError);
    await expect(from(disk, { repairWal: true, walDir, wal: wal as unknown as NonNullable<RecoveryConfig["wal"]> })).rejects.toThrow(TypeError);
    await expect(from(disk, { repairWal: 1 as unknown as boolean })).rejects.toThrow(TypeError);
    expect((await from(disk)).walPosition).toBe(2);
  });
});

describe("a recovery of a damaged log", () => {
  it("is refused, or gives the last commit before the damage and says so, and writing goes on from there", async () => {
    const disk = await written(4);
    await damage(disk, "key 3");
    await expect(from(disk)).rejects.toMatchObject({ code: "WAL_CORRUPT" });
    const stopped = await from(disk, { onDamage: "stop" });
    expect([keysOf(stopped), stopped.walPosition, stopped.sourceOffsets]).toEqual([["key 1", "key 2"], 4, new Map([["s", 2n]])]);
    expect(stopped.report.log?.end).toMatchObject({ kind: "damaged", damage: expect.stringContaining("damaged") as string });
    expect(formatReport(stopped.report)).toContain("DAMAGED");
    expect(JSON.parse(JSON.stringify(stopped.report))).toEqual(JSON.parse(JSON.stringify(stopped.report)));
    const later = await goOn(disk, { onDamage: "stop", after: stopped.walPosition });
    expect(keysOf(later)).toEqual(["key 1", "key 2", "afterwards"]);
  });

  it("that has no damage stops at nothing", async () => {
    const disk = await written(3);
    const whole = await from(disk, { onDamage: "stop" });
    expect([keysOf(whole), whole.report.log?.end.kind]).toEqual([["key 1", "key 2", "key 3"], "clean"]);
  });

  it("keeps a checkpoint that is past the damage", async () => {
    const disk = await written(4);
    const log = await openWal(places.walDir, { disk });
    const manager = await openCheckpointManager({ directory: places.checkpointDir, disk, log });
    const { StateSnapshot } = await import("@laminar/state-snapshot");
    await manager.create({ walPosition: 8, sourceOffsets: new Map([["s", 4]]), state: StateSnapshot.from([[bytes("all"), bytes("four")]]).toBytes() });
    await manager.close();
    await log.close();
    await damage(disk, "key 2");
    const stopped = await from(disk, { onDamage: "stop" });
    expect([stopped.checkpointId, stopped.walPosition, stopped.sourceOffsets, stopped.stateChanges]).toEqual([1, 8, new Map([["s", 4n]]), []]);
    const later = await goOn(disk, { onDamage: "stop", after: stopped.walPosition });
    expect([later.checkpointId, keysOf(later)]).toEqual([1, ["afterwards"]]);
  });

  it("goes on without a log with an older checkpoint, which is refused otherwise", async () => {
    const disk = createSimulatedDisk();
    const manager = await openCheckpointManager({ directory: places.checkpointDir, disk });
    const { StateSnapshot } = await import("@laminar/state-snapshot");
    for (const state of ["one", "two"]) await manager.create({ walPosition: 0, state: StateSnapshot.from([[bytes("k"), bytes(state)]]).toBytes() });
    await manager.close();
    const newest = fileCheckpointStore(places.checkpointDir, { disk }).locate(2, "state");
    await disk.remove(newest);
    await expect(from(disk)).rejects.toMatchObject({ code: "RECOVERY_NEWER_CHECKPOINT_DAMAGED" });
    expect(await from(disk, { onDamage: "stop" })).toMatchObject({ checkpointId: 1 });
  });

  it("opens as a durable state when asked to", async () => {
    const disk = createSimulatedDisk();
    const options = { directory: "/data", disk };
    const state = await openDurableState<string>(options);
    for (const key of ["one", "two", "three"]) {
      state.put(key, `value of ${key}`);
      await state.commit();
    }
    await state.close();
    await damage(disk, "two");
    await expect(openDurableState(options)).rejects.toMatchObject({ code: "WAL_CORRUPT" });
    const again = await openDurableState<string>({ ...options, onDamage: "stop" });
    expect([[...again.entries()], again.recovered.log?.end.kind]).toEqual([[["one", "value of one"]], "damaged"]);
    again.put("four", "value of four");
    await again.commit();
    await again.close();
    const healed = await openDurableState<string>(options);
    expect([...healed.entries()].map(([key]) => key)).toEqual(["one", "four"]);
    await healed.close();
  });
});
