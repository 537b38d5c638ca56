import assert from "node:assert/strict";
import type { CheckpointStore } from "../checkpoint-store.ts";
import { bytesOf, type Declare, put, requirePublished, stateOf } from "./store-assertions.ts";

/** As a caller in JavaScript may get them wrong. */
const wrongIds: readonly unknown[] = [0, -1, 1.5, NaN, Infinity, 2 ** 53, "1", "../../elsewhere", 1n, null, undefined];
const wrongStates: readonly unknown[] = [undefined, null, 7, "text", bytesOf("bytes"), {}];
const wrongBytes: readonly unknown[] = [undefined, null, "text", 7, [1], new Uint16Array(1), new ArrayBuffer(1)];

const isArgumentError = (error: unknown): boolean => error instanceof TypeError || error instanceof RangeError;

export function argumentConformance(declare: Declare): void {
  declare("refuses an id that isn't a whole number from 1 to 2^53 - 1, before anything has changed", async (store) => {
    await put(store, 1, "state");
    const before = await store.list();
    for (const wrong of wrongIds) {
      const id = wrong as number;
      const calls = {
        publish: () => store.publish(id, [bytesOf("state")], () => bytesOf("m")),
        readMetadata: () => store.readMetadata(id),
        readState: () => stateOf(store, id),
        revision: () => store.revision(id),
        withdraw: () => store.withdraw([1, id]),
      };
      for (const [name, call] of Object.entries(calls)) await assert.rejects(call, isArgumentError, `${name} of ${String(wrong)}`);
    }
    assert.deepEqual(await store.list(), before);
    await requirePublished(store, 1, "state");
  });

  declare("refuses ids to withdraw that aren't an array", async (store) => {
    await put(store, 1, "state");
    for (const wrong of [1, "1", undefined, null]) await assert.rejects(store.withdraw(wrong as unknown as number[]), TypeError);
    await requirePublished(store, 1, "state");
  });

  declare("refuses a state that isn't an iterable of chunks, before anything has changed", async (store) => {
    const before = await store.list();
    for (const wrong of wrongStates) await assert.rejects(store.publish(1, wrong as Uint8Array[], () => bytesOf("m")), TypeError);
    assert.deepEqual(await store.list(), before);
  });

  declare("refuses a description that isn't a function, before it asks the state for anything", async (store) => {
    let asked = false;
    const source = function* (): Generator<Uint8Array> {
      asked = true;
      yield bytesOf("state");
    };
    const before = await store.list();
    await assert.rejects(store.publish(1, source(), bytesOf("m") as unknown as () => Uint8Array), TypeError);
    assert.equal(asked, false);
    assert.deepEqual(await store.list(), before);
  });

  declare("refuses a chunk that isn't a Uint8Array", async (store) => {
    for (const [at, wrong] of wrongBytes.entries()) {
      await assert.rejects(store.publish(at + 1, [bytesOf("right"), wrong as Uint8Array], () => bytesOf("m")), TypeError);
    }
    await requireEmpty(store);
  });

  declare("refuses metadata that aren't 1 byte to 16 MiB", async (store) => {
    for (const [at, wrong] of [...wrongBytes, new Uint8Array(0), new Uint8Array(16 * 1024 * 1024 + 1)].entries()) {
      await assert.rejects(store.publish(at + 1, [bytesOf("state")], () => wrong as Uint8Array), isArgumentError);
    }
    await requireEmpty(store);
    await store.publish(100, [], () => new Uint8Array(16 * 1024 * 1024).fill(1));
    assert.equal((await store.readMetadata(100)).length, 16 * 1024 * 1024);
  });
}

async function requireEmpty(store: CheckpointStore): Promise<void> {
  assert.deepEqual((await store.list()).ids, []);
}
