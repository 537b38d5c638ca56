import { createSimulatedDisk } from "@laminar/disk/testing";
import { expect, it } from "vitest";
import { fileCheckpointStore } from "../src/index.ts";
import { bytesOf, openStore, PLACE, publishedDisk } from "./stores.ts";

const CHUNK = 100_000;
const CHUNKS = 400;

it("a state of any size is written chunk by chunk: each is on its way to the disk before the next is asked for", async () => {
  const disk = createSimulatedDisk();
  const store = await openStore(disk);
  const path = `${PLACE}/tmp_0000000000000001/state.bin`;
  const chunk = new Uint8Array(CHUNK);
  let asked = 0;
  const source = function* (): Generator<Uint8Array> {
    for (; asked < CHUNKS; asked++) {
      expect(disk.statSync(path)?.size).toBe(asked * CHUNK);
      yield chunk.fill(asked);
    }
  };
  await store.publish(1, source(), () => bytesOf("m"));
  expect(asked).toBe(CHUNKS);
});

it("a state of any size is read chunk by chunk, and little further than the reader has gone", async () => {
  const { disk, store } = await publishedDisk();
  await store.publish(1, Array.from({ length: 40 }, () => new Uint8Array(CHUNK)), () => bytesOf("m"));
  const read = (): number => disk.operations.reduce((sum, { kind, position = 0, length = 0 }) => (kind === "read" ? Math.max(sum, position + length) : sum), 0);
  let given = 0;
  for await (const chunk of store.readState(1)) {
    given += chunk.length;
    expect(chunk.length).toBeLessThanOrEqual(256 * 1024);
    expect(read()).toBeLessThanOrEqual(given + 2 * 256 * 1024);
  }
  expect(given).toBe(40 * CHUNK);
});

it("a reader that stops early, or whose state is withdrawn meanwhile, leaves no handle open", async () => {
  const { disk, store } = await publishedDisk();
  for (const id of [1, 2]) await store.publish(id, Array.from({ length: 10 }, () => new Uint8Array(CHUNK).fill(id)), () => bytesOf("m"));
  for await (const chunk of store.readState(1)) {
    expect(disk.openFiles).toBe(1);
    expect(chunk[0]).toBe(1);
    break;
  }
  expect(disk.openFiles).toBe(0);
  let size = 0;
  for await (const chunk of store.readState(1)) {
    if (size === 0) {
      await store.withdraw([1]);
      await store.sweep();
    }
    size += chunk.length;
  }
  expect(size).toBe(10 * CHUNK);
  expect(disk.openFiles).toBe(0);
  await expect(fileCheckpointStore(PLACE, { disk }).readState(1)[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "CHECKPOINT_NOT_FOUND" });
});
