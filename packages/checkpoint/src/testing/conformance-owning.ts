import assert from "node:assert/strict";
import type { CheckpointStore } from "../checkpoint-store.ts";
import { put, rejectsWith, requirePublished, requireUnpublished, type TestFunction } from "./store-assertions.ts";

export function owningConformance(test: TestFunction, create: () => Promise<CheckpointStore>): void {
  test("has one owner at a time", async () => {
    const store = await create();
    const lock = await store.lock();
    assert.equal(await lock.held(), true);
    await rejectsWith("CHECKPOINT_LOCKED", store.lock());
    assert.equal(await lock.held(), true);
    await lock.release();
    assert.equal(await lock.held(), false);
  });

  test("is free after a release, and a second release doesn't touch the next owner", async () => {
    const store = await create();
    const first = await store.lock();
    await first.release();
    const second = await store.lock();
    await first.release();
    assert.deepEqual([await first.held(), await second.held()], [false, true]);
    await rejectsWith("CHECKPOINT_LOCKED", store.lock());
    await second.release();
  });

  test("is read without a lock and before it is made, and isn't made by that", async () => {
    const store = await create();
    const before = await store.list();
    assert.deepEqual({ ...before, exists: undefined }, { exists: undefined, ids: [], highestId: 0, leftovers: [], ignored: [] });
    await requireUnpublished(store, 1);
    assert.deepEqual(await store.list(), before);
    await (await store.lock()).release();
    assert.equal((await store.list()).exists, true);
  });

  test("is read as before when nobody owns it", async () => {
    const store = await create();
    const lock = await store.lock();
    await put(store, 1, "state");
    await lock.release();
    await requirePublished(store, 1, "state");
  });
}

/** What the next process finds; `reopen` gives another store of the same place. */
export function reopeningConformance(
  test: TestFunction,
  create: () => Promise<CheckpointStore>,
  reopen: (store: CheckpointStore) => Promise<CheckpointStore>,
): void {
  test("has one owner among all stores of one place", async () => {
    const store = await create();
    const lock = await store.lock();
    await rejectsWith("CHECKPOINT_LOCKED", (await reopen(store)).lock());
    await lock.release();
    await (await (await reopen(store)).lock()).release();
  });

  test("shows what one store has published and withdrawn to every other one at once", async () => {
    const store = await create();
    const reader = await reopen(store);
    const lock = await store.lock();
    for (const id of [1, 2]) await put(store, id, `state ${id}`);
    await requirePublished(reader, 2, "state 2");
    await store.withdraw([2]);
    await requireUnpublished(reader, 2);
    await requirePublished(reader, 1, "state 1");
    await lock.release();
  });

  test("knows the highest id in the next process too, though all of it was withdrawn and swept", async () => {
    const store = await create();
    const lock = await store.lock();
    for (const id of [1, 7]) await put(store, id, "state");
    await store.withdraw([1, 7]);
    await store.sweep();
    await lock.release();
    const next = await reopen(store);
    const nextLock = await next.lock();
    const { ids, highestId } = await next.list();
    assert.deepEqual({ ids, highestId }, { ids: [], highestId: 7 });
    await nextLock.release();
  });
}
