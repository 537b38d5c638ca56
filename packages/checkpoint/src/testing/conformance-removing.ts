import assert from "node:assert/strict";
import { bytesOf, type Declare, put, requirePublished, requireUnpublished } from "./store-assertions.ts";

export function removingConformance(declare: Declare): void {
  declare("withdraws what is asked, metadata and state, and keeps the rest", async (store) => {
    for (const id of [1, 2, 3, 10]) await put(store, id, `state ${id}`);
    await store.withdraw([10, 1]);
    assert.deepEqual((await store.list()).ids, [2, 3]);
    for (const id of [1, 10]) await requireUnpublished(store, id);
    for (const id of [2, 3]) await requirePublished(store, id, `state ${id}`);
  });

  declare("passes over ids that aren't published, or are asked for twice, when it withdraws", async (store) => {
    for (const id of [1, 2]) await put(store, id, `state ${id}`);
    await store.withdraw([]);
    await store.withdraw([7, 1, 1]);
    await store.withdraw([1]);
    assert.deepEqual((await store.list()).ids, [2]);
  });

  declare("sweeps what is withdrawn and keeps what is published, as often as it is called", async (store) => {
    await store.sweep();
    for (const id of [1, 2, 3]) await put(store, id, `state ${id}`);
    await store.withdraw([1, 2]);
    for (let round = 0; round < 2; round++) {
      await store.sweep();
      assert.deepEqual(await store.list(), { exists: true, ids: [3], highestId: 3, leftovers: [], ignored: [] });
    }
    await requirePublished(store, 3, "state 3");
    for (const id of [1, 2]) await requireUnpublished(store, id);
  });

  declare("knows the highest id after its checkpoint was withdrawn and swept, by one leftover at most", async (store) => {
    for (const id of [1, 2, 10]) await put(store, id, `state ${id}`);
    await store.withdraw([10, 2]);
    assert.equal((await store.list()).highestId, 10);
    for (let round = 0; round < 2; round++) {
      await store.sweep();
      const { ids, highestId, leftovers } = await store.list();
      assert.deepEqual({ ids, highestId }, { ids: [1], highestId: 10 });
      assert.ok(leftovers.length <= 1, `${leftovers.join(", ")} are too many`);
    }
  });

  declare("has no leftover once something higher is published and it has swept", async (store) => {
    for (const id of [1, 2]) await put(store, id, "state");
    await store.withdraw([1, 2]);
    await store.sweep();
    await put(store, 3, "state");
    await store.sweep();
    assert.deepEqual(await store.list(), { exists: true, ids: [3], highestId: 3, leftovers: [], ignored: [] });
  });

  declare("can be used for a long time without leaving anything behind", async (store) => {
    for (let id = 1; id <= 30; id++) {
      if (id % 3 === 0) {
        const broken = function* (): Generator<Uint8Array> {
          yield bytesOf("half");
          throw new Error("the source failed");
        };
        await assert.rejects(store.publish(id, broken(), () => bytesOf("never")));
      } else await put(store, id, `state ${id}`);
      const { ids } = await store.list();
      await store.withdraw(ids.slice(0, -2));
      await store.sweep();
    }
    await put(store, 31, "state 31");
    await store.sweep();
    assert.deepEqual(await store.list(), { exists: true, ids: [28, 29, 31], highestId: 31, leftovers: [], ignored: [] });
  });
}
