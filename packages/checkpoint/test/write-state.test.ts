import { createSimulatedDisk } from "@laminar/disk/testing";
import { describe, expect, it } from "vitest";
import { type CapturedState, checkpointReader, openCheckpointManager } from "../src/index.ts";
import { bytesOf, openStore, PLACE, publishedDisk } from "./stores.ts";

const CHUNK = new Uint8Array(1024 * 1024).map((_, i) => i % 251);

function* mebibytes(count: number): Generator<Uint8Array, void> {
  for (let made = 0; made < count; made++) yield CHUNK;
}

const isSyncOfState = ({ kind, path }: { readonly kind: string; readonly path: string }): boolean => kind === "sync" && path.endsWith("state.bin");

describe("a large state", () => {
  it("is given to the disk every 16 MiB while it is written, and synced whole at its end", async () => {
    const { disk, store } = await publishedDisk();
    const before = disk.operations.length;
    await store.publish(1, mebibytes(40), () => bytesOf("metadata"));
    const kinds = disk.operations.slice(before).filter(({ path }) => path.endsWith("state.bin")).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "sync").length).toBe(3);
    expect(kinds.lastIndexOf("sync")).toBeGreaterThan(kinds.lastIndexOf("write"));
  });

  it.each([0, 1])("isn't published when the disk says no to its early sync number %i, and yes to the ones after it", async (number) => {
    const { disk, store } = await publishedDisk();
    let syncs = 0;
    disk.plan((operation) => (isSyncOfState(operation) && syncs++ === number ? { kind: "error", errno: "EIO" } : undefined));
    await expect(store.publish(1, mebibytes(40), () => bytesOf("metadata"))).rejects.toMatchObject({ code: "CHECKPOINT_IO", id: 1, cause: { operation: "sync", errno: "EIO" } });
    expect((await store.list()).ids).toEqual([]);
    expect(disk.openFiles).toBe(0);
  });

  it("leaves nothing open when its source fails while an early sync is under way", async () => {
    const { disk, store } = await publishedDisk();
    const broken = function* (): Generator<Uint8Array, void> {
      yield* mebibytes(17);
      throw new RangeError("no more");
    };
    await expect(store.publish(1, broken(), () => bytesOf("metadata"))).rejects.toThrow(RangeError);
    expect(disk.openFiles).toBe(0);
  });
});

describe("memory for the chunks of a state", () => {
  /** Fifty chunks of 1000 bytes, each in memory that was given for it; what arrays there were. */
  async function published(bytesOfChunk: (number: number) => number): Promise<{ readonly arrays: number; readonly whole: readonly number[] }> {
    const disk = createSimulatedDisk();
    const manager = await openCheckpointManager({ directory: PLACE, disk });
    const arrays = new Set<ArrayBufferLike>();
    const state: CapturedState = {
      basedOn: undefined,
      *bytes(_kind, allocate) {
        for (let number = 0; number < 50; number++) {
          const memory = allocate(bytesOfChunk(number));
          arrays.add(memory.buffer);
          yield memory.fill(number).subarray(0, 1000);
        }
        yield bytesOf("in memory of its own");
      },
      done() {},
      fail() {},
    };
    const { id, sizeBytes } = await manager.create({ walPosition: 0, state });
    const whole: number[] = [];
    for await (const chunk of manager.readState(id)) whole.push(...chunk);
    expect(whole.length).toBe(sizeBytes);
    await manager.close();
    return { arrays: arrays.size, whole };
  }

  const expected = [...Array.from({ length: 50_000 }, (_, at) => Math.floor(at / 1000)), ...bytesOf("in memory of its own")];

  it("is given out again once a chunk is written", async () => {
    expect(await published(() => 1000)).toEqual({ arrays: 1, whole: expected });
  });

  it("is new where what is free is too small", async () => {
    expect(await published((number) => 1000 + number)).toEqual({ arrays: 50, whole: expected });
  });
});

describe("a look at many checkpoints", () => {
  it("lists all of them, newest first, and asks for each part's revision once, however long the chains are", async () => {
    const disk = createSimulatedDisk();
    const store = await openStore(disk);
    let asked = 0;
    const counting = { ...bound(store), lock: async () => ({ held: async () => true, release: async () => undefined }), revision: (id: number) => (asked++, store.revision(id)) };
    const manager = await openCheckpointManager({ store: counting, maxChainLength: 20, maxDeltaRatio: 1000 });
    let base: unknown;
    for (let made = 0; made < 20; made++) {
      asked = 0;
      base = await manager.create({ walPosition: 0, state: { basedOn: base, bytes: () => [bytesOf("part")], done() {}, fail() {} } });
      // The chain that is continued, what was written, and each one that is there.
      expect(asked).toBeLessThanOrEqual(2 * (made + 1) + 1);
    }
    const { checkpoints } = await checkpointReader(store).survey();
    expect(checkpoints.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, at) => 20 - at));
  });
});

/** Methods of a class aren't its own properties, so a spread would lose them. */
function bound(store: Awaited<ReturnType<typeof openStore>>): Awaited<ReturnType<typeof openStore>> {
  return {
    location: store.location,
    locate: (...all) => store.locate(...all),
    lock: () => store.lock(),
    list: () => store.list(),
    readMetadata: (id) => store.readMetadata(id),
    readState: (id) => store.readState(id),
    revision: (id) => store.revision(id),
    publish: (...all) => store.publish(...all),
    withdraw: (ids) => store.withdraw(ids),
    sweep: () => store.sweep(),
  };
}
