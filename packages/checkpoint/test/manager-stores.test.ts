import { createSimulatedDisk } from "@laminar/disk/testing";
import { createStateStore, mergeSnapshots, type StateStore } from "@laminar/state-snapshot";
import { describe, expect, it } from "vitest";
import { type CheckpointMetadata, checkpointReader, type CheckpointStore, fileCheckpointStore, memoryCheckpointStore, openCheckpointManager } from "../src/index.ts";
import { objectCheckpointStore } from "./object-checkpoint-store.ts";
import { ObjectClient, SimulatedBucket } from "./object-store.ts";

const text = new TextEncoder();
const contentOf = (store: StateStore): Record<string, string> =>
  Object.fromEntries([...store.entries()].map(([key, value]) => [new TextDecoder().decode(key), new TextDecoder().decode(value)]));

async function restored(store: CheckpointStore, { chain }: CheckpointMetadata): Promise<StateStore> {
  const state = createStateStore();
  await state.restoreFrom(chain.map((part) => checkpointReader(store).readPart(part)));
  return state;
}

describe.each<[string, () => CheckpointStore]>([
  ["a directory", () => fileCheckpointStore("/c", { disk: createSimulatedDisk() })],
  ["memory", memoryCheckpointStore],
  ["objects", () => objectCheckpointStore(new ObjectClient(new SimulatedBucket()), { now: () => 0, leaseMilliseconds: 1000, owner: "the only one", grace: 1000 })],
])("a manager over %s", (_, create) => {
  it("makes deltas of a state store while that goes on, compacts them, and takes the next owner through the same", async () => {
    const store = create();
    const state = createStateStore();
    for (let key = 0; key < 3000; key++) state.put(text.encode(`key ${key}`), text.encode(`value ${key} of the beginning`));
    const manager = await openCheckpointManager({ store, merge: mergeSnapshots, maxRetained: 2 });
    const full = manager.create({ walPosition: 0, state: state.snapshot() });
    state.put(text.encode("key 7"), text.encode("while it is written"));
    state.delete(text.encode("key 8"));
    const fullState = await restored(store, await full);
    expect([fullState.size, contentOf(fullState)["key 7"]]).toEqual([3000, "value 7 of the beginning"]);

    const delta = await manager.create({ walPosition: 0, state: state.snapshot() });
    expect([delta.kind, delta.keyCount, delta.sizeBytes < 200]).toEqual(["delta", 2999, true]);
    expect(contentOf(await restored(store, delta))).toEqual(contentOf(state));

    const compacted = await manager.compact();
    if (!compacted) throw new Error("there is something to compact");
    expect(contentOf(await restored(store, compacted))).toEqual(contentOf(state));
    state.put(text.encode("key 9"), text.encode("after it was compacted"));
    const next = await manager.create({ walPosition: 0, state: state.snapshot() });
    expect(next.chain.map(({ id }) => id)).toEqual([compacted.id, next.id]);
    await manager.close();

    const again = await openCheckpointManager({ store, maxRetained: 1 });
    expect(again.latestCheckpointId).toBe(next.id);
    const last = await again.create({ walPosition: 0, state: state.snapshot() });
    expect([last.kind, await again.list()]).toEqual(["full", [last]]);
    expect(contentOf(await restored(store, last))).toEqual(contentOf(state));
    await again.close();
  });
});
