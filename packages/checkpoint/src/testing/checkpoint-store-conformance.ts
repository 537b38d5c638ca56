import assert from "node:assert/strict";
import { crc32 } from "@laminar/disk/checksum";
import type { CheckpointStore } from "../checkpoint-store.ts";

/** What the suite needs of a test runner: `node:test`, vitest and others fit. */
export type TestFunction = (name: string, body: () => Promise<void>) => void;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

async function textOf(store: CheckpointStore, id: number): Promise<string> {
  let text = "";
  for await (const chunk of store.readState(id)) text += new TextDecoder().decode(chunk);
  return text;
}

const withCode = (code: string) => (error: unknown): boolean => error instanceof Error && "code" in error && error.code === code;

const put = (store: CheckpointStore, id: number, state: string): Promise<void> => store.publish(id, [bytesOf(state)], ({ size }) => bytesOf(`${id}:${size}`));

/** Proves a `CheckpointStore`: every sentence of its contract that needs no crash. `create` gives a new, empty store each time. */
export function checkpointStoreConformance({ test, create }: { readonly test: TestFunction; readonly create: () => Promise<CheckpointStore> }): void {
  const withStore = (name: string, body: (store: CheckpointStore) => Promise<void>): void => {
    test(name, async () => {
      const store = await create();
      const lock = await store.lock();
      try {
        await body(store);
      } finally {
        await lock.release();
      }
    });
  };

  withStore("is empty at first", async (store) => {
    assert.deepEqual(await store.list(), { exists: true, ids: [], highestId: 0, leftovers: [], ignored: [] });
  });

  withStore("gives back metadata and state as they were published, from chunks of any size", async (store) => {
    await store.publish(3, [bytesOf("one "), new Uint8Array(0), bytesOf("two")], ({ size, checksum }) => bytesOf(`${size} ${checksum}`));
    assert.equal(await textOf(store, 3), "one two");
    assert.equal(new TextDecoder().decode(await store.readMetadata(3)), `7 ${crc32(bytesOf("one two"))}`);
    assert.deepEqual((await store.list()).ids, [3]);
  });

  withStore("takes an empty state and one that comes as a stream", async (store) => {
    await store.publish(1, [], () => bytesOf("empty"));
    assert.equal(await textOf(store, 1), "");
    async function* stream(): AsyncGenerator<Uint8Array> {
      yield bytesOf("a");
      yield bytesOf("b");
    }
    await store.publish(2, stream(), () => bytesOf("stream"));
    assert.equal(await textOf(store, 2), "ab");
  });

  withStore("never replaces what is published", async (store) => {
    await put(store, 1, "first");
    await assert.rejects(put(store, 1, "second"), withCode("CHECKPOINT_EXISTS"));
    assert.equal(await textOf(store, 1), "first");
  });

  withStore("publishes nothing when the state can't be written to its end", async (store) => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield bytesOf("half");
      throw new Error("the source failed");
    }
    await assert.rejects(store.publish(1, broken(), () => bytesOf("never")), /the source failed/);
    assert.deepEqual((await store.list()).ids, []);
    await put(store, 2, "next");
    await store.sweep();
    assert.deepEqual((await store.list()).ids, [2]);
  });

  withStore("lists ascending, withdraws what is asked and keeps the rest, and knows the highest id for good", async (store) => {
    for (const id of [1, 2, 10]) await put(store, id, `state ${id}`);
    assert.deepEqual((await store.list()).ids, [1, 2, 10]);
    await store.withdraw([1, 10]);
    assert.deepEqual((await store.list()).ids, [2]);
    await assert.rejects(store.readMetadata(10), withCode("CHECKPOINT_NOT_FOUND"));
    await store.sweep();
    await store.sweep();
    const { ids, highestId } = await store.list();
    assert.deepEqual({ ids, highestId }, { ids: [2], highestId: 10 });
    assert.equal(await textOf(store, 2), "state 2");
  });

  withStore("answers for what isn't there with CHECKPOINT_NOT_FOUND", async (store) => {
    await assert.rejects(store.readMetadata(7), withCode("CHECKPOINT_NOT_FOUND"));
    await assert.rejects(textOf(store, 7), withCode("CHECKPOINT_NOT_FOUND"));
  });

  withStore("gives the same revision of a state as long as it is published, whatever else is", async (store) => {
    await put(store, 1, "state");
    const revision = await store.revision(1);
    assert.equal(typeof revision, "string");
    await put(store, 2, "state");
    await textOf(store, 1);
    await store.withdraw([2]);
    await store.sweep();
    assert.equal(await store.revision(1), revision);
  });

  withStore("answers with CHECKPOINT_NOT_FOUND for the revision of what isn't published", async (store) => {
    await assert.rejects(store.revision(7), withCode("CHECKPOINT_NOT_FOUND"));
    await put(store, 1, "state");
    await store.withdraw([1]);
    await assert.rejects(store.revision(1), withCode("CHECKPOINT_NOT_FOUND"));
  });

  test("has one manager at a time", async () => {
    const store = await create();
    const lock = await store.lock();
    assert.equal(await lock.held(), true);
    await assert.rejects(store.lock(), withCode("CHECKPOINT_LOCKED"));
    await lock.release();
    await lock.release();
    assert.equal(await lock.held(), false);
    await (await store.lock()).release();
  });
}
