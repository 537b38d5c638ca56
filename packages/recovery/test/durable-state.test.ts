import { createSimulatedDisk, type SimulatedDisk } from "@laminar/disk/testing";
import { describe, expect, it } from "vitest";
import { type DurableState, type DurableStateOptions, openDurableState } from "../src/index.ts";

const directory = "/data/state";

function open<V = unknown>(disk: SimulatedDisk, options: Partial<DurableStateOptions<V>> = {}): Promise<DurableState<string, V>> {
  return openDurableState<V>({ directory, disk, ...options, keys: "string" });
}

const contentOf = <V>(state: DurableState<string, V>): Record<string, V> => Object.fromEntries([...state.entries()].sort(([a], [b]) => (a < b ? -1 : 1)));

describe("a durable state", () => {
  it("gives back what was committed, and nothing else", async () => {
    const disk = createSimulatedDisk();
    const state = await open(disk);
    expect([state.size, state.recovered.freshStart]).toEqual([0, true]);
    state.put("a", { name: "Ada", born: 1815n, tags: ["x", new Date(0)] });
    state.put("b", null);
    expect([state.get("b"), state.has("b"), state.get("c"), state.has("c")]).toEqual([null, true, undefined, false]);
    const point = await state.commit({ offsets: new Map([["requests", 17]]), watermark: 5n });
    expect(point).toMatchObject({ walPosition: 3, sourceOffsets: new Map([["requests", 17n]]), watermark: 5n });
    state.put("c", "never committed");
    expect(state.delete("a")).toBe(true);
    expect(state.delete("a")).toBe(false);
    await state.close();

    const again = await open(disk);
    expect(contentOf(again)).toEqual({ a: { name: "Ada", born: 1815n, tags: ["x", new Date(0)] }, b: null });
    expect([again.offsets, again.watermark, again.recovered.freshStart]).toEqual([new Map([["requests", 17n]]), 5n, false]);
    await again.close();
  });

  it("shows staged changes to reads, counts them, and drops them on rollback", async () => {
    const state = await open<number>(createSimulatedDisk());
    for (const [key, value] of [["a", 1], ["b", 2], ["c", 3]] as const) state.put(key, value);
    await state.commit();
    state.put("a", 10);
    state.delete("b");
    state.put("d", 4);
    state.put("e", 5);
    state.delete("e");
    expect([contentOf(state), state.size]).toEqual([{ a: 10, c: 3, d: 4 }, 3]);
    state.rollback();
    expect([contentOf(state), state.size]).toEqual([{ a: 1, b: 2, c: 3 }, 3]);
    await state.close();
  });

  it("keeps values apart from what callers do with theirs", async () => {
    const state = await open<number[]>(createSimulatedDisk());
    const list = [1];
    state.put("list", list);
    list.push(2);
    state.get("list")?.push(3);
    await state.commit();
    expect(state.get("list")).toEqual([1]);
    await state.close();
  });

  it("copies keys and values of buffers, which are written into again after the call", async () => {
    const disk = createSimulatedDisk();
    const values = { encode: (value: Buffer) => value, decode: (bytes: Uint8Array) => Buffer.from(bytes) };
    const state = await openDurableState<Buffer>({ directory, disk, keys: "bytes", values });
    const key = Buffer.from("key");
    const value = Buffer.from("value");
    state.put(key, value);
    key.fill(0);
    value.fill(0);
    expect(state.get(Buffer.from("key"))?.toString()).toBe("value");
    await state.commit();
    await state.close();
    const again = await openDurableState<Buffer>({ directory, disk, keys: "bytes", values });
    expect([...again.entries()].map((entry) => entry.map(String))).toEqual([["107,101,121", "value"]]);
    await again.close();
  });

  it("keeps a group in the order of its first changes, however many there are", async () => {
    const state = await open<number>(createSimulatedDisk());
    const keys = Array.from({ length: 40 }, (_, i) => `key ${(i * 7) % 40}`);
    for (const round of [1, 2]) for (const key of keys) state.put(key, round);
    for (const key of keys.slice(0, 3)) expect([state.delete(key), state.delete(key), state.has(key)]).toEqual([true, false, false]);
    expect([...state.entries()].map(([key, value]) => `${key}=${value}`)).toEqual(keys.slice(3).map((key) => `${key}=2`));
    expect(state.size).toBe(37);
    state.put(keys[0] as string, 3);
    await state.commit();
    expect([state.get(keys[0] as string), state.get(keys[1] as string), state.size]).toEqual([3, undefined, 38]);
    await state.close();
  });

  it("gives each key that doesn't change once while a commit moves it", async () => {
    const state = await open<number>(createSimulatedDisk());
    for (let key = 0; key < 50; key++) state.put(`old ${key}`, key);
    await state.commit();
    for (let key = 0; key < 50; key++) state.put(`new ${key}`, key);
    const seen: string[] = [];
    for (const [key] of state.entries()) {
      seen.push(key);
      if (seen.length === 25) await state.commit();
    }
    expect(seen).toHaveLength(100);
    expect(new Set(seen).size).toBe(100);
    await state.close();
  });

  it("takes bytes as keys, and a codec for values", async () => {
    const disk = createSimulatedDisk();
    const values = { encode: (value: string) => new TextEncoder().encode(value), decode: (bytes: Uint8Array) => new TextDecoder().decode(bytes) };
    const state = await openDurableState<string>({ directory, disk, keys: "bytes", values });
    const key = new Uint8Array([0, 255]);
    state.put(key, "one");
    key[0] = 7;
    await state.commit();
    await state.close();
    const again = await openDurableState<string>({ directory, disk, keys: "bytes", values });
    expect([...again.entries()]).toEqual([[new Uint8Array([0, 255]), "one"]]);
    await again.close();
  });

  it("never lets offsets or the watermark go backward, and writes nothing that says nothing", async () => {
    const disk = createSimulatedDisk();
    const state = await open(disk);
    await state.commit({ offsets: new Map([["a", 5], ["b", 1]]), watermark: 9 });
    const moved = await state.commit({ offsets: new Map([["a", 4], ["b", 2]]), watermark: 8 });
    expect(moved).toMatchObject({ walPosition: 2, sourceOffsets: new Map([["a", 5n], ["b", 2n]]), watermark: 9n });
    expect((await state.commit({ offsets: new Map([["a", 5]]) })).walPosition).toBe(2);
    expect((await state.commit()).walPosition).toBe(2);
    await state.close();
    const again = await open(disk);
    expect([again.offsets, again.watermark]).toEqual([new Map([["a", 5n], ["b", 2n]]), 9n]);
    await again.close();
  });
});

describe("update", () => {
  it("commits a group of its own, without what others staged", async () => {
    const disk = createSimulatedDisk();
    const state = await open<number>(disk);
    state.put("staged by others", 1);
    const result = await state.update((group) => {
      group.put("mine", 2);
      expect([group.has("staged by others"), group.get("mine"), state.has("mine")]).toEqual([false, 2, false]);
      return "done";
    });
    expect([result, state.get("mine"), state.get("staged by others")]).toEqual(["done", 2, 1]);
    await state.close();
    const again = await open(disk);
    expect(contentOf(again)).toEqual({ mine: 2 });
    await again.close();
  });

  it("changes nothing when its function throws, and the next one goes on", async () => {
    const state = await open<number>(createSimulatedDisk());
    const failing = state.update((group) => {
      group.put("a", 1);
      throw new Error("changed my mind");
    });
    await expect(failing).rejects.toThrow("changed my mind");
    expect(state.has("a")).toBe(false);
    await state.update((group) => group.put("a", 2));
    expect(state.get("a")).toBe(2);
    await state.close();
  });

  it("runs one after the other, so that none overwrites another's change", async () => {
    const disk = createSimulatedDisk();
    const state = await open<number>(disk);
    const addOne = () =>
      state.update(async (group) => {
        const before = group.get("count") ?? 0;
        await Promise.resolve();
        group.put("count", before + 1);
      });
    await Promise.all(Array.from({ length: 40 }, addOne));
    await state.close();
    const again = await open<number>(disk);
    expect(again.get("count")).toBe(40);
    await again.close();
  });

  it("says how far sources were read, as of its end", async () => {
    const state = await open<number>(createSimulatedDisk());
    const offsets = new Map<string, bigint>();
    await state.update((group) => (group.put("a", 1), void offsets.set("source", 3n)), { offsets, watermark: 1 });
    expect([state.offsets, state.watermark]).toEqual([new Map([["source", 3n]]), 1n]);
    await state.close();
  });
});

describe("commits", () => {
  it("share a sync when they run at the same time", async () => {
    const disk = createSimulatedDisk();
    const state = await open<number>(disk);
    await state.commit({ watermark: 1 });
    let syncs = 0;
    const stop = disk.beforeEach(({ kind }) => void (syncs += Number(kind === "sync")));
    await Promise.all(
      Array.from({ length: 100 }, (_, key) => {
        state.put(`key ${key}`, key);
        return state.commit();
      }),
    );
    stop();
    expect(syncs).toBeLessThan(5);
    await state.close();
  });

  it("that are too large are refused with a typed error, and stay staged", async () => {
    const state = await open<Uint8Array>(createSimulatedDisk());
    state.put("large", new Uint8Array(70 * 1024 * 1024));
    await expect(state.commit()).rejects.toMatchObject({ code: "WAL_ENTRY_TOO_LARGE" });
    expect(state.has("large")).toBe(true);
    state.rollback();
    state.put("small", new Uint8Array(1));
    await state.commit();
    await state.close();
  });
});

describe("checkpoints of a durable state", () => {
  it("are made in the background by policy, and the log behind them goes", async () => {
    const disk = createSimulatedDisk();
    const options = { checkpoints: { interval: 1000, minWalSizeForCheckpoint: 1, maxRetained: 1 }, log: { segmentSize: 2048 } };
    const state = await open<string>(disk, options);
    for (let round = 0; round < 30; round++) {
      state.put(`key ${round % 7}`, "x".repeat(200));
      await state.commit();
      disk.advance(300);
    }
    await state.close();
    expect(state.lastCheckpointError).toBeUndefined();
    const again = await open<string>(disk, options);
    expect(again.size).toBe(7);
    expect(again.recovered.checkpoint?.walPosition).toBeGreaterThan(40);
    expect(again.recovered.log?.startsAfter).toBeGreaterThan(0);
    await again.close();
  });

  it("are made when asked, of everything committed and nothing staged", async () => {
    const disk = createSimulatedDisk();
    const state = await open<number>(disk);
    state.put("a", 1);
    await state.commit({ offsets: new Map([["s", 1]]) });
    state.put("b", 2);
    const made = await state.checkpoint();
    expect(made).toMatchObject({ walPosition: 2, keyCount: 1, kind: "full", sourceOffsets: new Map([["s", 1n]]) });
    await state.commit();
    expect(await state.checkpoint()).toMatchObject({ walPosition: 4, keyCount: 2, kind: "delta" });
    await state.close();
    const again = await open<number>(disk);
    expect(contentOf(again)).toEqual({ a: 1, b: 2 });
    expect(again.recovered.checkpoint).toMatchObject({ id: 2, entries: 2 });
    await again.close();
  });

  it("are of one commit, in all that they say, whatever is committed while that becomes durable", async () => {
    const disk = createSimulatedDisk();
    const state = await open(disk);
    state.put("a", 1);
    const first = state.commit({ offsets: new Map([["requests", 1]]), watermark: 1 });
    const made = state.checkpoint();
    // By then the checkpoint waits for the commit, which waits for the disk.
    await Promise.resolve();
    state.put("b", 2);
    const second = state.commit({ offsets: new Map([["requests", 2]]), watermark: 2 });
    expect(await made).toMatchObject({ walPosition: 2, keyCount: 1, sourceOffsets: new Map([["requests", 1n]]), watermark: 1n });
    expect(await first).toMatchObject({ walPosition: 2, sourceOffsets: new Map([["requests", 1n]]) });
    expect(await second).toMatchObject({ walPosition: 4, sourceOffsets: new Map([["requests", 2n]]) });
    await state.close();
  });

  it("that fail in the background fail no commit, are told, and are tried again later", async () => {
    const disk = createSimulatedDisk();
    const state = await open<number>(disk, { checkpoints: { interval: 1000, minWalSizeForCheckpoint: 1 } });
    disk.plan(({ kind, path }) => (kind === "makeDirectory" && path.includes("tmp_") ? { kind: "error", errno: "ENOSPC" } : undefined));
    disk.advance(1000);
    state.put("a", 1);
    await state.commit();
    await state.commit({ watermark: 1 });
    await expect(state.checkpoint()).rejects.toMatchObject({ code: "CHECKPOINT_IO" });
    expect(state.lastCheckpointError).toMatchObject({ code: "CHECKPOINT_IO" });
    disk.plan(undefined);
    disk.advance(1000);
    state.put("a", 2);
    await state.commit();
    await state.close();
    expect(state.lastCheckpointError).toBeUndefined();
    const again = await open<number>(disk);
    expect([again.recovered.checkpoint?.id, again.get("a")]).toEqual([3, 2]);
    await again.close();
  });
});

describe("a durable state that can't go on", () => {
  it("says so at every call after a write failed, and comes back as it was durable", async () => {
    const disk = createSimulatedDisk();
    const state = await open<number>(disk);
    state.put("a", 1);
    await state.commit();
    disk.plan(({ kind }) => (kind === "sync" ? { kind: "error", errno: "EIO" } : undefined));
    state.put("a", 2);
    await expect(state.commit()).rejects.toMatchObject({ code: "WAL_POISONED" });
    disk.plan(undefined);
    const calls = [() => state.get("a"), () => state.has("a"), () => state.put("a", 3), () => state.delete("a"), () => state.entries(), () => state.rollback(), () => state.size];
    for (const call of calls) expect(call).toThrow(expect.objectContaining({ code: "RECOVERY_STATE_FAILED" }));
    for (const call of [() => state.commit(), () => state.update(() => 1), () => state.checkpoint()]) await expect(call()).rejects.toMatchObject({ code: "RECOVERY_STATE_FAILED" });
    await state.close();
    const again = await open<number>(disk);
    expect([1, 2]).toContain(again.get("a"));
    await again.close();
  });

  it("is closed once, drops what is staged, and says so at every call", async () => {
    const disk = createSimulatedDisk();
    const state = await open<number>(disk);
    state.put("a", 1);
    await Promise.all([state.close(), state.close()]);
    await state[Symbol.asyncDispose]();
    expect(() => state.get("a")).toThrow(expect.objectContaining({ code: "RECOVERY_STATE_CLOSED" }));
    const again = await open<number>(disk);
    expect(again.size).toBe(0);
    await again.close();
  });

  it("has failed when the log did so between two commits", async () => {
    const disk = createSimulatedDisk();
    const state = await open<number>(disk);
    state.put("a", 1);
    await state.commit();
    await state.checkpoint();
    disk.plan(({ kind, path }) => (kind === "sync" && path.includes("/log/") ? { kind: "error", errno: "EIO" } : undefined));
    state.put("a", 2);
    const failing = state.commit();
    state.put("a", 3);
    const next = state.commit();
    await expect(failing).rejects.toMatchObject({ code: "WAL_POISONED" });
    await expect(next).rejects.toMatchObject({ code: "WAL_POISONED" });
    expect(() => state.get("a")).toThrow(expect.objectContaining({ code: "RECOVERY_STATE_FAILED" }));
    await state.close();
  });

  it("is one process's at a time", async () => {
    const disk = createSimulatedDisk();
    const state = await open(disk);
    await expect(open(disk)).rejects.toMatchObject({ name: "RecoveryError", code: "RECOVERY_LOCKED" });
    await state.close();
    await (await open(disk)).close();
  });

  it("changes nothing where its checkpoints are locked by an owner that can't be judged, also where the log has to be stated again", async () => {
    const written = createSimulatedDisk();
    const state = await open<number>(written);
    state.put("a", 1);
    await state.commit();
    await state.checkpoint();
    state.put("a", 2);
    await state.commit();
    // Killed, so that the last commit isn't proven durable.
    const left = [...written.killed().files].filter(([path]) => !path.includes("/LOCK"));
    const owner = `${directory}/checkpoints/LOCK/of another container`;
    const disk = createSimulatedDisk({ files: new Map([...left, [owner, new Uint8Array()]]) });
    const before = disk.killed().files;
    await expect(open(disk)).rejects.toMatchObject({ name: "CheckpointError", code: "CHECKPOINT_LOCKED" });
    expect(disk.killed().files).toEqual(before);
    const looking = ["stat", "list", "open", "size", "read", "close", "syncDirectory"];
    expect(disk.operations.filter(({ kind, path }) => !looking.includes(kind) && !path.includes("/LOCK"))).toEqual([]);
    await disk.remove(owner);
    const again = await open<number>(disk);
    expect([again.get("a"), disk.operations.some(({ kind, path }) => kind === "create" && path.includes("/log/"))]).toEqual([2, true]);
    await again.close();
  });

  it("isn't opened, and leaves the directory free, when its signal is aborted while it recovers", async () => {
    const disk = createSimulatedDisk();
    const state = await open<number>(disk);
    for (let key = 0; key < 100; key++) state.put(`${key}`, key);
    await state.commit();
    await state.checkpoint();
    await state.close();
    const controller = new AbortController();
    const phases: string[] = [];
    const opening = open<number>(disk, {
      signal: controller.signal,
      onProgress: ({ phase }) => {
        phases.push(phase);
        controller.abort(new Error("changed my mind"));
      },
    });
    await expect(opening).rejects.toThrow("changed my mind");
    expect(phases).toEqual(["checkpoint"]);
    const again = await open<number>(disk);
    expect(again.size).toBe(100);
    await again.close();
  });

  it("says what stands in the way of its directory", async () => {
    const disk = createSimulatedDisk();
    await (await disk.create("/data")).close();
    await expect(open(disk)).rejects.toMatchObject({ name: "RecoveryError", code: "RECOVERY_IO", cause: { code: "DISK_NOT_A_DIRECTORY" } });
  });

  it("isn't made where it must exist", async () => {
    const disk = createSimulatedDisk();
    await expect(open(disk, { mustExist: true })).rejects.toMatchObject({ code: "RECOVERY_NOT_FOUND" });
    expect(disk.statSync("/data")).toBeUndefined();
  });

  it("refuses wrong arguments with nothing changed", async () => {
    const disk = createSimulatedDisk();
    for (const wrong of [{ directory: "" }, { directory: 1 }, { keys: "numbers" }, { values: {} }]) {
      await expect(openDurableState({ directory, disk, ...wrong } as unknown as DurableStateOptions<unknown> & { keys: "bytes" })).rejects.toThrow(TypeError);
    }
    expect(disk.statSync("/data")).toBeUndefined();
    const state = await open(disk);
    for (const key of [1, undefined, new Uint8Array(1), "\ud800"]) expect(() => state.put(key as string, 1)).toThrow(TypeError);
    expect(() => state.put("a", () => 1)).toThrow(TypeError);
    expect(() => state.put("a", { b: Symbol("c") })).toThrow(/b/);
    await expect(state.commit({ offsets: {} as Map<string, bigint> })).rejects.toThrow(TypeError);
    await expect(state.commit({ watermark: 0.5 })).rejects.toThrow(TypeError);
    await expect(state.update("no" as unknown as () => void)).rejects.toThrow(TypeError);
    expect(state.size).toBe(0);
    await state.close();
  });
});
