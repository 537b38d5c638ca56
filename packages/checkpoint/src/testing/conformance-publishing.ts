import assert from "node:assert/strict";
import { crc32 } from "@laminar/disk/checksum";
import { bytesOf, type Declare, metadataOf, put, rejectsWith, requirePublished, requireSameBytes, requireUnpublished, stateOf } from "./store-assertions.ts";

export function publishingConformance(declare: Declare): void {
  wholeConformance(declare);
  streamConformance(declare);
  failureConformance(declare);
}

function wholeConformance(declare: Declare): void {
  declare("gives back metadata and state as they were published", async (store) => {
    await store.publish(3, [bytesOf("one "), new Uint8Array(0), bytesOf("two")], () => bytesOf("described"));
    assert.equal(await stateOf(store, 3), "one two");
    assert.equal(await metadataOf(store, 3), "described");
    assert.deepEqual((await store.list()).ids, [3]);
  });

  declare("tells the metadata the size and the CRC-32 of the whole state, once, after its last chunk", async (store) => {
    const seen: unknown[] = [];
    const source = function* (): Generator<Uint8Array> {
      yield bytesOf("one ");
      yield bytesOf("two");
      seen.push("end");
    };
    await store.publish(1, source(), (written) => {
      seen.push({ ...written });
      return bytesOf("m");
    });
    assert.deepEqual(seen, ["end", { size: 7, checksum: crc32(bytesOf("one two")) }]);
  });

  declare("takes an empty state", async (store) => {
    const seen: unknown[] = [];
    await store.publish(1, [], (written) => {
      seen.push({ ...written });
      return bytesOf("empty");
    });
    assert.deepEqual(seen, [{ size: 0, checksum: 0 }]);
    assert.equal(await stateOf(store, 1), "");
    assert.equal(await metadataOf(store, 1), "empty");
  });

  declare("takes metadata of one byte and of many, and keeps them when the caller changes its own", async (store) => {
    const large = new Uint8Array(300_000).map((_, at) => at % 251);
    for (const [id, metadata] of [[1, bytesOf("m")], [2, large]] as const) {
      const given = metadata.slice();
      await store.publish(id, [], () => given);
      given.fill(0xee);
      requireSameBytes(await store.readMetadata(id), metadata);
    }
  });

  declare("lists nothing of a checkpoint until it is whole", async (store) => {
    await put(store, 1, "first");
    let looks = 0;
    const source = async function* (): AsyncGenerator<Uint8Array> {
      for (const chunk of ["one ", "two"]) {
        await requireUnpublished(store, 2);
        looks++;
        yield bytesOf(chunk);
      }
    };
    await store.publish(2, source(), () => bytesOf("m"));
    assert.equal(looks, 2);
    assert.deepEqual((await store.list()).ids, [1, 2]);
  });

  declare("never replaces what is published, and then asks the new state for nothing", async (store) => {
    await put(store, 1, "first");
    let asked = false;
    const source = function* (): Generator<Uint8Array> {
      asked = true;
      yield bytesOf("second");
    };
    await rejectsWith("CHECKPOINT_EXISTS", store.publish(1, source(), () => bytesOf("second")));
    assert.equal(asked, false);
    await requirePublished(store, 1, "first");
  });

  declare("takes ids in any order, up to 2^53 - 1, and lists them ascending", async (store) => {
    const ids = [10, 2, Number.MAX_SAFE_INTEGER, 9, 1, 2 ** 32, 2 ** 52];
    for (const id of ids) await put(store, id, `state ${id}`);
    const { ids: listed, highestId } = await store.list();
    assert.deepEqual(listed, [...ids].sort((a, b) => a - b));
    assert.equal(highestId, Number.MAX_SAFE_INTEGER);
    for (const id of ids) await requirePublished(store, id, `state ${id}`);
  });
}

function streamConformance(declare: Declare): void {
  declare("takes a state that comes as an asynchronous stream", async (store) => {
    const source = async function* (): AsyncGenerator<Uint8Array> {
      yield bytesOf("a");
      yield bytesOf("b");
    };
    await store.publish(2, source(), () => bytesOf("stream"));
    assert.equal(await stateOf(store, 2), "ab");
  });

  declare("has written a chunk before it asks for the next, which may come in the same memory", async (store) => {
    const memory = new Uint8Array(4);
    const source = function* (): Generator<Uint8Array> {
      for (let value = 1; value <= 3; value++) yield memory.fill(value);
    };
    await store.publish(1, source(), () => bytesOf("m"));
    const state: number[] = [];
    for await (const chunk of store.readState(1)) state.push(...chunk);
    assert.deepEqual(state, [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]);
  });

  declare("writes only the bytes of a chunk's view", async (store) => {
    await store.publish(1, [bytesOf("abcdef").subarray(2, 4)], () => bytesOf("<metadata>").subarray(1, 9));
    assert.equal(await stateOf(store, 1), "cd");
    assert.equal(await metadataOf(store, 1), "metadata");
  });

  declare("takes a state of many chunks and of large ones", async (store) => {
    const chunks = [...Array.from({ length: 3000 }, (_, at) => new Uint8Array(at % 700).fill(at)), new Uint8Array(5_000_000).map((_, at) => at >> 9)];
    let checksum = 0;
    await store.publish(1, chunks, (written) => {
      checksum = written.checksum;
      return bytesOf("m");
    });
    let size = 0;
    let read = 0;
    for await (const chunk of store.readState(1)) {
      size += chunk.length;
      read = crc32(chunk, read);
    }
    assert.equal(size, chunks.reduce((sum, { length }) => sum + length, 0));
    assert.equal(read, checksum);
  });
}

function failureConformance(declare: Declare): void {
  declare("publishes nothing when the state fails, and says why in its own words", async (store) => {
    const failure = new Error("the source failed");
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield bytesOf("half");
      throw failure;
    };
    await assert.rejects(store.publish(1, broken(), () => bytesOf("never")), (error) => error === failure);
    await requireUnpublished(store, 1);
  });

  declare("publishes nothing when the metadata can't be described, and says why in its own words", async (store) => {
    const failure = new Error("no description");
    const describe = (): Uint8Array => {
      throw failure;
    };
    await assert.rejects(store.publish(1, [bytesOf("state")], describe), (error) => error === failure);
    await requireUnpublished(store, 1);
  });

  declare("ends the state's iterator when a chunk isn't bytes, and publishes nothing", async (store) => {
    let ended = false;
    const source = function* (): Generator<Uint8Array> {
      try {
        yield bytesOf("right");
        yield "wrong" as unknown as Uint8Array;
      } finally {
        ended = true;
      }
    };
    await assert.rejects(store.publish(1, source(), () => bytesOf("never")), TypeError);
    assert.equal(ended, true);
    await requireUnpublished(store, 1);
  });

  declare("goes on after a publish that failed", async (store) => {
    await put(store, 1, "before");
    const broken = function* (): Generator<Uint8Array> {
      yield bytesOf("half");
      throw new Error("the source failed");
    };
    await assert.rejects(store.publish(2, broken(), () => bytesOf("never")));
    await put(store, 3, "after");
    await store.sweep();
    assert.deepEqual((await store.list()).ids, [1, 3]);
    await requirePublished(store, 1, "before");
    await requirePublished(store, 3, "after");
    assert.deepEqual((await store.list()).leftovers, []);
  });
}
