import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCheckpointManager, validateCheckpoint } from "@laminar/checkpoint";
import { StateSnapshot } from "@laminar/state-snapshot";
import { openWal, walSize, type WalEntryInput } from "@laminar/wal";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { emptyRecoveredState, hasState, recover, RecoveryManager, recoverSimple, recoverWithChanges } from "../src/index.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const put = (key: string, value: string): WalEntryInput => ({ type: "put", key: bytesOf(key), value: bytesOf(value) });
const commit = (offset: number, watermark?: number): WalEntryInput => ({ type: "commit", offsets: new Map([["source1", offset]]), watermark });
const snapshot = (...keys: string[]): Uint8Array => StateSnapshot.from(keys.map((key) => [bytesOf(key), bytesOf(`value of ${key}`)])).toBytes();

let root = "";
let checkpointDir = "";
let walDir = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "laminar-recovery-"));
  checkpointDir = join(root, "checkpoints");
  walDir = join(root, "wal");
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

async function writeLog(...entries: WalEntryInput[]): Promise<void> {
  const log = await openWal(walDir);
  log.appendAll(entries);
  await log.close();
}

/** Everything under the root, names and bytes, as one hash. */
async function fingerprint(): Promise<string> {
  const hash = createHash("sha256");
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries.map((entry) => [join(entry.parentPath, entry.name), entry.isFile()] as const);
  for (const [path, isFile] of [...paths].sort(([a], [b]) => (a < b ? -1 : 1))) hash.update(path).update(isFile ? await readFile(path) : "");
  return hash.digest("hex");
}

describe("the reference's own recovery cases", () => {
  it("an empty state has nothing", () => {
    const state = emptyRecoveredState();
    expect([state.epoch, state.stateSnapshot, state.sourceOffsets.size, hasState(state)]).toEqual([0, undefined, 0, false]);
  });

  it("a configuration is taken or refused when the manager is made", () => {
    expect(() => new RecoveryManager({ checkpointDir, walDir, collectStateChanges: true, maxWalEntries: 1000 })).not.toThrow();
    expect(() => new RecoveryManager({ checkpointDir, walDir, maxWalEntries: -1 })).toThrow(RangeError);
    expect(() => new RecoveryManager({})).toThrow(TypeError);
    expect(() => new RecoveryManager({ checkpointDir, walDir, repairWal: true, maxWalEntries: 1 })).toThrow(RangeError);
  });

  it("no checkpoint and no log is a fresh start, and makes nothing", async () => {
    const state = await recoverSimple(checkpointDir, walDir);
    expect([state.epoch, state.checkpointId, state.walEntriesReplayed, state.report.freshStart]).toEqual([0, undefined, 0, true]);
    expect(await readdir(root)).toEqual([]);
    await expect(recover({ checkpointDir, walDir, mustExist: true })).rejects.toMatchObject({ code: "RECOVERY_NOT_FOUND" });
  });

  it("a checkpoint alone gives its state, position, offsets and watermark", async () => {
    const manager = await openCheckpointManager({ directory: checkpointDir });
    manager.epoch = 42;
    const made = await manager.create({ walPosition: 500, sourceOffsets: new Map([["source1", 100]]), watermark: 5000, state: snapshot("key1", "key2") });
    await manager.close();
    const state = await recoverSimple(checkpointDir, walDir);
    expect(state).toMatchObject({ epoch: 42, checkpointId: made.id, walPosition: 500, watermark: 5000n });
    expect([state.sourceOffsets.get("source1"), state.stateSnapshot?.size]).toEqual([100n, 2]);
  });

  it("a log alone gives its committed changes", async () => {
    await writeLog(put("key1", "1"), put("key2", "2"), commit(50, 1000));
    const state = await recoverWithChanges(checkpointDir, walDir);
    expect(state).toMatchObject({ checkpointId: undefined, walEntriesReplayed: 3, watermark: 1000n });
    expect([state.sourceOffsets.get("source1"), state.stateChanges.length]).toEqual([50n, 2]);
  });

  it("a checkpoint and the log after it give both", async () => {
    const manager = await openCheckpointManager({ directory: checkpointDir });
    await manager.create({ walPosition: 0, epoch: 10, watermark: 1000, state: snapshot("key1") });
    await manager.close();
    await writeLog(put("key2", "2"), { type: "delete", key: bytesOf("key1") }, commit(100, 2000));
    const state = await recoverSimple(checkpointDir, walDir);
    expect(state).toMatchObject({ epoch: 10, checkpointId: 1, walEntriesReplayed: 3, watermark: 2000n });
    expect([state.stateSnapshot?.size, state.stateChanges.length]).toEqual([1, 2]);
  });

  it("a checkpoint's directory validates", async () => {
    const manager = await openCheckpointManager({ directory: checkpointDir });
    const made = await manager.create({ walPosition: 100, epoch: 5, state: snapshot("key") });
    await manager.close();
    expect(await validateCheckpoint(join(checkpointDir, "checkpoint_0000000000000001"))).toEqual(made);
  });

  it("a log's size is its bytes, and 0 without one", async () => {
    expect(await walSize(walDir)).toBe(0);
    await writeLog(put("key", "value"));
    expect(await walSize(walDir)).toBeGreaterThan(0);
  });

  it("a limit of entries is kept, and the state is that of the last commit among them", async () => {
    await writeLog(...Array.from({ length: 50 }, (_, i) => [put(`key${i}`, "v"), commit(i)]).flat());
    const state = await recover({ checkpointDir, walDir, maxWalEntries: 11 });
    expect(state).toMatchObject({ walEntriesReplayed: 11, walPosition: 10 });
    expect([state.stateChanges.length, state.report.partial]).toEqual([5, true]);
  });
});

describe("what the reference gets wrong", () => {
  it("changes without their commit don't count, and no later writer's commit adopts them", async () => {
    await writeLog(put("a", "1"), commit(1), put("orphan", "!"));
    await writeLog(put("b", "2"), commit(2));
    const state = await recoverSimple(checkpointDir, walDir);
    expect(state.stateChanges.map(({ key }) => new TextDecoder().decode(key))).toEqual(["a", "b"]);
    expect(state.report.log).toMatchObject({ entriesDiscarded: 1, commitsApplied: 2 });
    const all = await recover({ checkpointDir, walDir, replay: "all" });
    expect(all.stateChanges).toHaveLength(3);
  });

  it("offsets and watermark never go backward", async () => {
    const manager = await openCheckpointManager({ directory: checkpointDir });
    await manager.create({ walPosition: 0, sourceOffsets: new Map([["source1", 500]]), watermark: 5000, state: snapshot("a") });
    await manager.close();
    await writeLog(commit(10, 100));
    const state = await recoverSimple(checkpointDir, walDir);
    expect([state.sourceOffsets.get("source1"), state.watermark]).toEqual([500n, 5000n]);
  });

  it("a damaged newest checkpoint costs time only: the older one and more of the log give the same", async () => {
    const log = await openWal(walDir);
    const manager = await openCheckpointManager({ directory: checkpointDir, log });
    for (const [i, key] of ["a", "b"].entries()) {
      const walPosition = log.appendAll([put(key, `value of ${key}`), commit(i + 1)]);
      await log.sync();
      await manager.create({ walPosition, sourceOffsets: new Map([["source1", i + 1]]), state: snapshot(...["a", "b"].slice(0, i + 1)) });
    }
    await manager.close();
    await log.close();
    const asMap = (state: Awaited<ReturnType<typeof recover>>): Map<string, string> => {
      const map = new Map(Array.from(state.stateSnapshot ?? [], ([key, value]) => [String(key), String(value)]));
      for (const change of state.stateChanges) map.set(String(change.key), change.type === "put" ? String(change.value) : "");
      return map;
    };
    const before = await recoverSimple(checkpointDir, walDir);
    await writeFile(join(checkpointDir, "checkpoint_0000000000000002", "state.bin"), "junk");
    const bytes = await fingerprint();
    const after = await recoverSimple(checkpointDir, walDir);
    expect([before.checkpointId, after.checkpointId]).toEqual([2, 1]);
    expect(asMap(after)).toEqual(asMap(before));
    expect([after.walPosition, after.sourceOffsets]).toEqual([before.walPosition, before.sourceOffsets]);
    expect(after.report.skippedCheckpoints).toMatchObject([{ id: 2, reason: "damaged" }]);
    expect(await fingerprint()).toBe(bytes);
  });

  it("each gap has its own code", async () => {
    const log = await openWal(walDir, { segmentSize: 1024 });
    const manager = await openCheckpointManager({ directory: checkpointDir, log, truncateWal: false });
    for (let i = 0; i < 20; i++) {
      log.appendAll([put("k", "x".repeat(300)), commit(i)]);
      await log.sync();
    }
    await manager.create({ walPosition: log.lastLsn, state: snapshot("k") });
    await manager.close();
    await log.truncateBefore(30);
    await log.close();
    expect((await recoverSimple(checkpointDir, walDir)).walPosition).toBe(40);
    await expect(recover({ walDir })).rejects.toMatchObject({ code: "RECOVERY_LOG_STARTS_LATER" });
    await expect(recover({ checkpointDir })).rejects.toMatchObject({ code: "RECOVERY_LOG_MISSING" });
    expect((await recover({ checkpointDir, acceptMissingLog: true })).checkpointId).toBe(1);
    const other = join(root, "other");
    const foreign = await openWal(other);
    await foreign.close();
    await expect(recover({ checkpointDir, walDir: other })).rejects.toMatchObject({ code: "RECOVERY_LOG_MISMATCH" });
    await rm(join(checkpointDir, "checkpoint_0000000000000001", "state.bin"));
    await expect(recover({ checkpointDir })).rejects.toMatchObject({ code: "RECOVERY_NO_USABLE_CHECKPOINT" });
    await expect(recoverSimple(checkpointDir, walDir)).rejects.toMatchObject({ code: "RECOVERY_LOG_STARTS_LATER" });
  });

  it("a log that lost its end is noticed by the checkpoints that saw it", async () => {
    const log = await openWal(walDir, { segmentSize: 1024 });
    const manager = await openCheckpointManager({ directory: checkpointDir, log, truncateWal: false });
    const position = log.appendAll([put("a", "1"), commit(1)]);
    await log.sync();
    await manager.create({ walPosition: position, state: snapshot("a") });
    await manager.close();
    await log.close();
    const [segment = ""] = (await readdir(walDir)).filter((name) => name.endsWith(".wal"));
    const bytes = await readFile(join(walDir, segment));
    await writeFile(join(walDir, segment), bytes.subarray(0, 128));
    await expect(recoverSimple(checkpointDir, walDir)).rejects.toMatchObject({ code: "RECOVERY_POSITION_BEYOND_LOG" });
  });

  it("a transaction above the limit is refused, not held in memory", async () => {
    await writeLog(put("a", "x".repeat(100)), put("b", "x".repeat(100)), commit(1));
    await expect(recover({ walDir, maxTransactionBytes: 150 })).rejects.toMatchObject({ code: "RECOVERY_TRANSACTION_TOO_LARGE" });
  });

  it("a point in time is the state of the last commit before it", async () => {
    await writeLog(put("a", "1"), commit(1, 10), put("b", "2"), commit(2, 20), put("c", "3"), commit(3, 30));
    for (const until of [4, 5, { watermark: 20 }, { watermark: 29n }]) {
      const state = await recover({ walDir, until });
      expect([state.walPosition, state.sourceOffsets.get("source1"), state.stateChanges.length, state.report.partial]).toEqual([4, 2n, 2, true]);
    }
  });
});
