import { createSimulatedDisk } from "@laminar/disk/testing";
import { expect, it } from "vitest";
import { fileCheckpointStore } from "../src/index.ts";

const state = "/c/checkpoint_0000000000000001/state.bin";
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

async function published() {
  const disk = createSimulatedDisk();
  const store = fileCheckpointStore("/c", { disk });
  await store.lock();
  await store.publish(1, [bytesOf("state")], () => bytesOf("metadata"));
  const put = async (text: string): Promise<void> => {
    const file = await disk.create("/other");
    await file.write(0, bytesOf(text));
    await file.close();
    await disk.rename("/other", state);
  };
  return { disk, store, put };
}

it("another file of the same length in the place of a state is another revision, and so is the same content anew", async () => {
  const { store, put } = await published();
  const revisions = [await store.revision(1)];
  for (const text of ["stale", "state", "state"]) {
    await put(text);
    revisions.push(await store.revision(1));
  }
  expect(new Set(revisions).size).toBe(4);
});

it("a state is not read for its revision, and no handle is opened", async () => {
  const { disk, store } = await published();
  const before = disk.operations.length;
  await store.revision(1);
  expect(disk.operations.slice(before).map(({ kind }) => kind)).toEqual(["stat", "stat"]);
});

it("a published checkpoint whose state is missing, or something else, is damaged", async () => {
  const { disk, store } = await published();
  await disk.remove(state);
  const message = `${state} isn't there`;
  await expect(store.revision(1)).rejects.toMatchObject({ code: "CHECKPOINT_CORRUPT", id: 1, file: state, message });
  await expect(store.readState(1)[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "CHECKPOINT_CORRUPT", id: 1, file: state, message });
  await disk.makeDirectory(state);
  await expect(store.revision(1)).rejects.toMatchObject({ code: "CHECKPOINT_CORRUPT", id: 1, file: state });
});

it("a failed look is no answer", async () => {
  const { disk, store } = await published();
  disk.plan(({ kind }) => (kind === "stat" ? { kind: "error", errno: "EIO" } : undefined));
  await expect(store.revision(1)).rejects.toMatchObject({ code: "CHECKPOINT_IO", id: 1, cause: { errno: "EIO" } });
});
