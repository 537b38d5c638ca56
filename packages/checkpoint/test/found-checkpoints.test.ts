import { createSimulatedDisk, type DiskImage, type Operation, type SimulatedDisk } from "@laminar/disk/testing";
import { describe, expect, it } from "vitest";
import { nameOf } from "../src/checkpoint-names.ts";
import { type CheckpointConfig, type IncrementalCheckpointManager, openCheckpointManager, openCheckpointReader } from "../src/index.ts";
import { CountedState, mergeTexts } from "./counted-state.ts";
import { flipBit } from "./damage-file.ts";

const directory = "/c";
const bytes = new Uint8Array(600).fill(1);

/** A log that remembers how far it was truncated. */
class Log {
  readonly logId = "l";
  readonly durableLsn = 100;
  startsAfter = 5;

  counts(lsn: number): boolean {
    return lsn !== 50;
  }

  async truncateBefore(lsn: number): Promise<void> {
    this.startsAfter = Math.max(this.startsAfter, lsn - 1);
  }
}

const open = (disk: SimulatedDisk, config: CheckpointConfig): Promise<IncrementalCheckpointManager> =>
  openCheckpointManager({ directory, disk, merge: mergeTexts, maxDeltaRatio: 9, ...config });

/** The sync of the names that checkpoints have. */
const isOfNames = ({ kind, path }: Operation): boolean => kind === "syncDirectory" && path === directory;

/** Checkpoint 1 at position 10 is durable; 2 at position 20, of that kind, is listed, and no sync makes it durable. */
async function withLostName(log: Log | undefined, made: "full" | "delta" = "full"): Promise<SimulatedDisk> {
  const disk = createSimulatedDisk();
  const manager = await open(disk, { log });
  const state = new CountedState();
  state.set("k", "x");
  await manager.create({ walPosition: 10, state: state.capture() });
  let killed: DiskImage | undefined;
  disk.beforeEach((operation) => void (isOfNames(operation) && (killed ??= disk.killed())));
  expect(await manager.create({ walPosition: 20, state: made === "delta" ? state.capture() : bytes })).toMatchObject({ id: 2, kind: made });
  // What the killed one didn't live to do.
  if (log) log.startsAfter = 10;
  const next = (killed ?? disk.killed()).mount();
  next.plan((operation) => (isOfNames(operation) ? { kind: "error", errno: "EIO" } : undefined));
  await expect(open(next, { log })).rejects.toMatchObject({ code: "CHECKPOINT_IO" });
  next.plan(undefined);
  return next;
}

/** How many checkpoints any loss of power leaves, at least, on which the log can be replayed. */
async function leastUsable(disk: SimulatedDisk, startsAfter: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (const image of disk.powerCuts({ limit: 100, seed: 1 })) {
    const after = image.mount();
    const reader = openCheckpointReader(directory, { disk: after });
    const { checkpoints } = await reader.survey();
    let usable = 0;
    for (const { metadata } of checkpoints) {
      if (!metadata || metadata.walPosition < startsAfter) continue;
      usable += await reader.verify(metadata).then(() => 1, () => 0);
    }
    least = Math.min(least, usable);
  }
  return least;
}

const ids = async (manager: IncrementalCheckpointManager): Promise<readonly number[]> => (await manager.list()).map(({ id }) => id);

describe("a checkpoint that was found, and that no sync makes durable", () => {
  it("is listed, and lets no log go that an older one needs", async () => {
    const log = new Log();
    const disk = await withLostName(log);
    const manager = await open(disk, { log, maxRetained: 1 });
    expect([await ids(manager), manager.latestCheckpointId]).toEqual([[2, 1], 2]);
    await log.truncateBefore((await manager.oldestWalPosition()) + 1);
    expect([await leastUsable(disk, log.startsAfter), await manager.oldestWalPosition()]).toEqual([1, 0]);
  });

  it.each([
    ["with a log", new Log()],
    ["without a log", undefined],
  ])("lets no older one go by clean-up, %s", async (_, log) => {
    const disk = await withLostName(log);
    const manager = await open(disk, { log });
    expect(await manager.cleanup(1)).toEqual([]);
    expect(await leastUsable(disk, log?.startsAfter ?? 0)).toBe(1);
    expect(manager.lastCleanup).toMatchObject({
      removed: [],
      kept: [{ id: 2, reason: "restore-point" }, { id: 1, reason: "not-removed" }],
      oldestWalPosition: 0,
      error: undefined,
    });
  });

  it.each([
    ["with a log", new Log()],
    ["without a log", undefined],
  ])("lets no other one be deleted, %s", async (_, log) => {
    const disk = await withLostName(log);
    const manager = await open(disk, { log });
    for (const id of [1, 2]) await expect(manager.delete(id)).rejects.toMatchObject({ code: "CHECKPOINT_IN_USE", id });
    expect([await ids(manager), await leastUsable(disk, log?.startsAfter ?? 0)]).toEqual([[2, 1], 1]);
  });

  it("lets everything older go once this manager has published one, which is enough", async () => {
    const log = new Log();
    const disk = await withLostName(log);
    const manager = await open(disk, { log, maxRetained: 2 });
    await manager.create({ walPosition: 30, state: bytes });
    expect([await ids(manager), await manager.oldestWalPosition(), log.startsAfter]).toEqual([[3, 2], 20, 20]);
    expect(await manager.cleanup(1)).toEqual([2]);
    await log.truncateBefore((await manager.oldestWalPosition()) + 1);
    expect([await leastUsable(disk, log.startsAfter), log.startsAfter]).toEqual([1, 30]);
  });

  it("doesn't take the place of the last one that this manager published", async () => {
    const log = new Log();
    const disk = await withLostName(log);
    const manager = await open(disk, { log, maxRetained: 3 });
    await manager.create({ walPosition: 30, state: bytes });
    log.startsAfter = 15;
    await expect(manager.delete(3)).rejects.toMatchObject({ code: "CHECKPOINT_IN_USE" });
    expect(await leastUsable(disk, log.startsAfter)).toBe(1);
    await flipBit(disk, `${directory}/${nameOf("checkpoint", 3)}/state.bin`, 1);
    expect([await manager.cleanup(1), await manager.oldestWalPosition()]).toEqual([[], 0]);
  });

  it("may be compacted: the new one stands on its own files", async () => {
    const log = new Log();
    const disk = await withLostName(log, "delta");
    const manager = await open(disk, { log, maxRetained: 1 });
    expect(await manager.compact()).toMatchObject({ id: 3, kind: "full" });
    expect([await leastUsable(disk, log.startsAfter), log.startsAfter]).toEqual([1, 20]);
  });
});

describe("before its first own checkpoint, a manager", () => {
  it("deletes what nothing hangs on: damaged and abandoned ones, and any where the log holds everything", async () => {
    const disk = createSimulatedDisk();
    const log = { logId: "l", durableLsn: 100, startsAfter: 5, counts: () => true, truncateBefore: async () => 0 };
    const first = await open(disk, { log });
    for (const walPosition of [10, 50, 60]) await first.create({ walPosition, state: bytes });
    await first.close();
    await flipBit(disk, `${directory}/${nameOf("checkpoint", 3)}/state.bin`, 1);
    const manager = await open(disk, { log: { ...log, counts: (lsn: number) => lsn !== 50 } });
    for (const id of [3, 2]) await manager.delete(id);
    await expect(manager.delete(1)).rejects.toMatchObject({ code: "CHECKPOINT_IN_USE" });
    await manager.close();
    const whole = await open(disk, { log: { ...log, startsAfter: 0 } });
    await whole.delete(1);
    expect(await ids(whole)).toEqual([]);
  });

  it("removes what is left of unfinished ones", async () => {
    const disk = createSimulatedDisk();
    await (await open(disk, {})).create({ walPosition: 10, state: bytes });
    const next = disk.killed().mount();
    const manager = await open(next, {});
    await next.makeDirectory(`${directory}/${nameOf("tmp", 1)}`);
    expect(await manager.cleanup()).toEqual([]);
    expect(next.listSync(directory).map(({ name }) => name)).not.toContain(nameOf("tmp", 1));
  });
});
