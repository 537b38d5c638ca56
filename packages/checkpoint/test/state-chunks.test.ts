import { createSimulatedDisk } from "@laminar/disk/testing";
import { expect, it } from "vitest";
import { fileCheckpointStore } from "../src/index.ts";

it.each([1, 5, 256 * 1024, 256 * 1024 + 1, 600_000])("a state of %i bytes is read in chunks that take no more memory than it has bytes", async (size) => {
  const disk = createSimulatedDisk();
  const store = fileCheckpointStore("/c", { disk });
  await store.lock();
  const state = new Uint8Array(size).map((_, i) => i % 251);
  await store.publish(1, [state], () => new Uint8Array([1]));
  const before = disk.openFiles;
  let [read, memory] = [0, 0];
  for await (const chunk of store.readState(1)) {
    expect(Buffer.compare(chunk, state.subarray(read, read + chunk.length))).toBe(0);
    read += chunk.length;
    memory += chunk.buffer.byteLength;
  }
  expect([read, memory, disk.openFiles]).toEqual([size, size, before]);
});
