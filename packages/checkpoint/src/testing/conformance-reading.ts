import assert from "node:assert/strict";
import { isCheckpointError } from "../checkpoint-error.ts";
import { bytesOf, type Declare, metadataOf, put, requirePublished, requireSameBytes, requireUnpublished, stateOf } from "./store-assertions.ts";

/** More than one chunk of any store. */
const large = (): readonly Uint8Array[] => Array.from({ length: 40 }, (_, at) => new Uint8Array(100_000).fill(at + 1));

export function readingConformance(declare: Declare): void {
  listingConformance(declare);
  stateConformance(declare);
  revisionConformance(declare);
}

function listingConformance(declare: Declare): void {
  declare("is empty at first", async (store) => {
    assert.deepEqual(await store.list(), { exists: true, ids: [], highestId: 0, leftovers: [], ignored: [] });
  });

  declare("answers for what was never published with CHECKPOINT_NOT_FOUND", async (store) => {
    await put(store, 1, "state");
    await requireUnpublished(store, 7);
  });

  declare("names where metadata and state of a checkpoint are, each by a name of its own", async (store) => {
    const names = [store.location, ...[1, 2].flatMap((id) => [store.locate(id, "metadata"), store.locate(id, "state")])];
    assert.equal(new Set(names).size, 5);
    for (const name of names) assert.ok(typeof name === "string" && name.length > 0);
  });

  declare("gives lists that don't change later", async (store) => {
    await put(store, 1, "one");
    const before = await store.list();
    await put(store, 2, "two");
    assert.deepEqual((await store.list()).ids, [1, 2]);
    assert.deepEqual(before.ids, [1]);
    assert.equal(before.highestId, 1);
  });
}

function stateConformance(declare: Declare): void {
  declare("reads a state from its start at every call, also when two read at once", async (store) => {
    await store.publish(1, large(), () => bytesOf("m"));
    const readers = [store.readState(1)[Symbol.asyncIterator](), store.readState(1)[Symbol.asyncIterator]()];
    const read = readers.map((): number[] => []);
    for (let open = true; open; ) {
      open = false;
      for (const [number, reader] of readers.entries()) {
        const { done, value } = await reader.next();
        if (done) continue;
        open = true;
        for (let at = 0; at < value.length; at += 1) if (read[number]?.at(-1) !== value[at]) read[number]?.push(value[at] ?? 0);
      }
    }
    const expected = Array.from({ length: 40 }, (_, at) => at + 1);
    assert.deepEqual(read, [expected, expected]);
  });

  declare("scans a state as it reads it, if it scans at all", async (store) => {
    await store.publish(1, large(), () => bytesOf("m"));
    const scan = (id: number): AsyncIterable<Uint8Array> => store.scanState?.(id) ?? store.readState(id);
    const scanned: Uint8Array[] = [];
    for await (const chunk of scan(1)) scanned.push(chunk.slice());
    requireSameBytes(Buffer.concat(scanned), Buffer.concat(large()));
    // Another scan meanwhile has memory of its own.
    const [first, second] = [scan(1)[Symbol.asyncIterator](), scan(1)[Symbol.asyncIterator]()];
    const { value } = await first.next();
    const before: Uint8Array = value.slice();
    await second.next();
    await second.next();
    requireSameBytes(value, before);
    for (const iterator of [first, second]) await iterator.return?.();
    await assert.rejects(async () => scan(7)[Symbol.asyncIterator]().next(), (error) => isCheckpointError(error, "CHECKPOINT_NOT_FOUND"));
  });

  declare("keeps what is published when a caller changes the bytes that it read", async (store) => {
    await put(store, 1, "state");
    (await store.readMetadata(1)).fill(0);
    for await (const chunk of store.readState(1)) chunk.fill(0);
    await requirePublished(store, 1, "state");
  });

  declare("can be read, withdrawn and swept after a reader stopped early", async (store) => {
    await store.publish(1, large(), () => bytesOf("m"));
    for await (const chunk of store.readState(1)) {
      assert.ok(chunk.length > 0);
      break;
    }
    assert.equal(await metadataOf(store, 1), "m");
    await store.withdraw([1]);
    await put(store, 2, "next");
    await store.sweep();
    assert.deepEqual(await store.list(), { exists: true, ids: [2], highestId: 2, leftovers: [], ignored: [] });
  });

  declare("gives the right bytes or CHECKPOINT_NOT_FOUND while a checkpoint is withdrawn and swept, never others", async (store) => {
    for (const id of [1, 2, 3]) await store.publish(id, large().map((chunk) => chunk.fill(id)), () => bytesOf(`m${id}`));
    const outcomes = await Promise.all([
      ...[1, 2, 1, 2].map((id) => outcomeOfReading(store.readState(id), id)),
      store.withdraw([1, 2]).then(() => store.sweep()),
    ]);
    for (const outcome of outcomes.slice(0, 4)) assert.match(String(outcome), /^(4000000 bytes|CHECKPOINT_NOT_FOUND)$/);
    assert.equal(await outcomeOfReading(store.readState(3), 3), "4000000 bytes");
  });
}

async function outcomeOfReading(state: AsyncIterable<Uint8Array>, value: number): Promise<string> {
  let size = 0;
  try {
    for await (const chunk of state) {
      if (!chunk.every((byte) => byte === value)) return "other bytes";
      size += chunk.length;
    }
    return `${size} bytes`;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
}

function revisionConformance(declare: Declare): void {
  declare("gives the same revision of a state as long as it is published, whatever else is done", async (store) => {
    await put(store, 1, "state");
    const revision = await store.revision(1);
    assert.equal(typeof revision, "string");
    await put(store, 2, "state");
    await stateOf(store, 1);
    await store.withdraw([2]);
    await store.sweep();
    assert.equal(await store.revision(1), revision);
  });
}
