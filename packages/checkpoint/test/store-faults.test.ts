import { createSimulatedDisk, type Operation, type SimulatedDisk } from "@laminar/disk/testing";
import { describe, expect, it } from "vitest";
import { type CheckpointStore, isCheckpointError } from "../src/index.ts";
import { METADATA_FILE, parseName } from "../src/checkpoint-names.ts";
import { bytesOf, openStore, PLACE, publishedDisk, put, readAll, reading, storeOf, wrongWith } from "./stores.ts";

const ERRNOS = ["EIO", "ENOSPC", "EDQUOT", "EROFS", "EACCES", "ENOENT"] as const;

/** What a program was told of each id. */
interface Told {
  readonly published: Set<number>;
  readonly failed: Set<number>;
  /** A withdrawal of it failed. */
  readonly either: Set<number>;
  readonly errors: unknown[];
  /** The highest id that was ever published. */
  highest: number;
  lock: { release(): Promise<void> } | undefined;
  store: CheckpointStore | undefined;
}

/** Opens, publishes, reads, withdraws and sweeps, and goes on after every failure. */
async function program(disk: SimulatedDisk, told: Told): Promise<void> {
  const attempt = async (step: () => Promise<unknown>): Promise<boolean> => {
    try {
      await step();
      return true;
    } catch (error) {
      told.errors.push(error);
      return false;
    }
  };
  const store = storeOf(disk);
  told.store = store;
  await attempt(async () => (told.lock = await store.lock()));
  if (told.lock === undefined) return;
  const publish = async (id: number): Promise<void> => {
    const isPublished = await attempt(() => put(store, id));
    (isPublished ? told.published : told.failed).add(id);
    if (isPublished) told.highest = id;
  };
  const withdraw = async (id: number): Promise<void> => {
    told.published.delete(id);
    if (!(await attempt(() => store.withdraw([id])))) told.either.add(id);
  };
  await publish(2);
  await publish(3);
  await attempt(() => readAll(store, 1));
  await attempt(() => store.readMetadata(2));
  await attempt(() => store.revision(1));
  await withdraw(1);
  await attempt(() => store.sweep());
  await withdraw(3);
  await attempt(() => store.sweep());
  await publish(4);
  await attempt(() => store.sweep());
}

/** One published before, so that reads and withdrawals have something to fail at. */
async function start(): Promise<{ readonly disk: SimulatedDisk; readonly told: Told }> {
  const { disk: before } = await publishedDisk(1);
  const disk = before.killed().mount();
  return { disk, told: { published: new Set([1]), failed: new Set(), either: new Set(), errors: [], highest: 1, lock: undefined, store: undefined } };
}

async function operationsOfProgram(): Promise<readonly Operation[]> {
  const { disk, told } = await start();
  await program(disk, told);
  expect(told.errors).toEqual([]);
  return [...disk.operations];
}

/** What is wrong after the program has met the fault. */
async function requireKept(disk: SimulatedDisk, told: Told, forGood: boolean): Promise<void> {
  for (const error of told.errors) expect(isCheckpointError(error, "CHECKPOINT_IO", "CHECKPOINT_CORRUPT", "CHECKPOINT_NOT_FOUND"), String(error)).toBe(true);
  expect(disk.openFiles).toBe(0);
  disk.plan(undefined);
  await requireListing(told.store, told);
  if (forGood) return;
  await requireListing(reading(disk.killed()), told);
}

async function requireListing(store: CheckpointStore | undefined, { published, failed, either }: Told): Promise<void> {
  if (!store) return;
  const { ids } = await store.list();
  for (const id of published) expect(ids).toContain(id);
  for (const id of failed) expect(ids).not.toContain(id);
  for (const id of ids) {
    expect(published.has(id) || either.has(id), `${id} is listed`).toBe(true);
    expect(await wrongWith(store, id)).toBeUndefined();
  }
}

/** One more owner, whose publish and sweep leave nothing but what is published. */
async function requireNoLitter(disk: SimulatedDisk, told: Told): Promise<void> {
  const mounted = disk.killed().mount();
  const store = await openStore(mounted);
  const { ids, highestId } = await store.list();
  expect(highestId).toBeGreaterThanOrEqual(told.highest);
  await store.sweep();
  await put(store, highestId + 1);
  await store.sweep();
  const names = (await mounted.list(PLACE)).map(({ name }) => name);
  expect(names.filter((name) => name !== "LOCK" && parseName(name)?.kind !== "checkpoint")).toEqual([]);
  expect((await store.list()).ids).toEqual([...ids, highestId + 1]);
}

describe("a fault of the disk", () => {
  it.each(ERRNOS)("%s at any operation, once or for good, is a typed error, leaves no handle and no litter, and keeps what was told", async (errno) => {
    const operations = await operationsOfProgram();
    let runs = 0;
    for (const { index } of operations) {
      for (const forGood of [false, true]) {
        const { disk, told } = await start();
        disk.plan((operation) => ((forGood ? operation.index >= index : operation.index === index) ? { kind: "error", errno } : undefined));
        await program(disk, told);
        await requireKept(disk, told, forGood);
        await requireNoLitter(disk, told);
        runs++;
      }
    }
    console.log(`${runs} runs with ${errno}, at each of ${operations.length} operations`);
  });

  it("fails no publish by a handle that can't be closed after a read", async () => {
    const { disk, store } = await publishedDisk(1);
    disk.plan(({ kind }) => (kind === "close" ? { kind: "error", errno: "EIO" } : undefined));
    expect(await wrongWith(store, 1)).toBeUndefined();
  });

  it("is told by what failed first, though the close after it fails as well", async () => {
    const { disk, store } = await publishedDisk();
    disk.plan(({ kind }) => (kind === "write" ? { kind: "error", errno: "ENOSPC" } : kind === "close" ? { kind: "error", errno: "EIO" } : undefined));
    await expect(put(store, 1)).rejects.toMatchObject({ code: "CHECKPOINT_IO", id: 1, cause: { errno: "ENOSPC", operation: "write" } });
  });

  it("is not taken for one of the disk when the caller's own source has it", async () => {
    const { store } = await publishedDisk();
    const source = createSimulatedDisk();
    const failure = await source.open("/none").catch((error: unknown) => error);
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield bytesOf("half");
      throw failure;
    };
    await expect(store.publish(1, broken(), () => bytesOf("never"))).rejects.toBe(failure);
  });
});

describe("a publish that fails after its rename", () => {
  const failing = (disk: SimulatedDisk, ...kinds: readonly string[]): void => {
    let renamed = false;
    disk.plan(({ kind, target }) => {
      const fails = renamed && kinds.includes(kind);
      renamed ||= kind === "rename" && target?.includes("checkpoint_") === true;
      return fails ? { kind: "error", errno: "EIO" } : undefined;
    });
  };

  it("is not published, in this process or the next", async () => {
    const { disk, store } = await publishedDisk(1);
    failing(disk, "syncDirectory");
    await expect(put(store, 2)).rejects.toMatchObject({ code: "CHECKPOINT_IO", id: 2, cause: { operation: "syncDirectory" } });
    expect(await store.list()).toMatchObject({ ids: [1], highestId: 2, leftovers: ["trash_0000000000000002"] });
    expect((await reading(disk.killed()).list()).ids).toEqual([1]);
  });

  it("is not published either when its rename to trash fails as well, and is taken back by the next sweep", async () => {
    const { disk, store } = await publishedDisk(1);
    failing(disk, "syncDirectory", "rename");
    await expect(put(store, 2)).rejects.toMatchObject({ code: "CHECKPOINT_IO", id: 2, cause: { operation: "syncDirectory" } });
    expect(await store.list()).toMatchObject({ ids: [1], highestId: 2, leftovers: ["checkpoint_0000000000000002"] });
    for (const read of [store.readMetadata(2), readAll(store, 2), store.revision(2)]) await expect(read).rejects.toMatchObject({ code: "CHECKPOINT_NOT_FOUND" });
    await expect(put(store, 2)).rejects.toMatchObject({ code: "CHECKPOINT_EXISTS" });
    await expect(store.sweep()).rejects.toMatchObject({ code: "CHECKPOINT_IO" });
    expect((await store.list()).ids).toEqual([1]);
    disk.plan(undefined);
    await store.sweep();
    expect((await reading(disk.killed()).list())).toMatchObject({ ids: [1], highestId: 2, leftovers: ["trash_0000000000000002"] });
    await put(store, 3);
    await store.sweep();
    expect(await store.list()).toMatchObject({ ids: [1, 3], highestId: 3, leftovers: [] });
  });

  it("keeps no sweep from working when somebody else has removed it meanwhile", async () => {
    const { disk, store } = await publishedDisk(1);
    failing(disk, "syncDirectory", "rename");
    await expect(put(store, 2)).rejects.toMatchObject({ code: "CHECKPOINT_IO" });
    disk.plan(undefined);
    for (const name of [METADATA_FILE, "state.bin"]) await disk.remove(`${PLACE}/checkpoint_0000000000000002/${name}`);
    await disk.removeDirectory(`${PLACE}/checkpoint_0000000000000002`);
    await store.sweep();
    await put(store, 3);
    expect((await store.list()).ids).toEqual([1, 3]);
  });
});

describe("crashed publishes and withdrawals", () => {
  it("leave nothing behind once one has opened, published and swept, however many there were", async () => {
    const { disk: first } = await publishedDisk(1);
    let disk = first;
    let crashes = 0;
    for (let id = 2; id <= 12; id++) {
      disk = disk.killed().mount();
      const store = await openStore(disk);
      const before = disk.operations.length;
      const stop = before + 3 + ((id * 7) % 24);
      let image = disk.killed();
      disk.beforeEach(({ index }) => {
        if (index <= stop) image = disk.killed();
      });
      await put(store, id);
      await store.withdraw((await store.list()).ids.slice(0, -1));
      await store.sweep();
      crashes++;
      disk = image.mount();
    }
    const store = await openStore(disk);
    await store.sweep();
    const { ids, highestId, leftovers } = await store.list();
    expect(leftovers.length).toBeLessThanOrEqual(1);
    for (const name of leftovers) expect(await disk.list(`${PLACE}/${name}`)).toEqual([]);
    await put(store, highestId + 1);
    await store.sweep();
    const names = (await disk.list(PLACE)).map(({ name }) => name).filter((name) => name !== "LOCK");
    expect(names.every((name) => parseName(name)?.kind === "checkpoint")).toBe(true);
    expect(names).toHaveLength(ids.length + 1);
    console.log(`${crashes} crashes, then ${names.length} checkpoints and the lock`);
  });
});
