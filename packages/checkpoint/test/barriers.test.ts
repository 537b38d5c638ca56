import { createSimulatedDisk } from "@laminar/disk/testing";
import { expect, it } from "vitest";
import { fileCheckpointStore, openCheckpointManager } from "../src/index.ts";

const directory = "/c";
const one = [new Uint8Array(600).fill(1)];
const describeIt = (): Uint8Array => new Uint8Array([1]);

it("what is withdrawn stays withdrawn after a power cut", async () => {
  const disk = createSimulatedDisk();
  const store = fileCheckpointStore(directory, { disk });
  await store.lock();
  for (const id of [1, 2]) await store.publish(id, one, describeIt);
  await store.withdraw([1]);
  for (const image of disk.powerCuts()) expect((await fileCheckpointStore(directory, { disk: image.mount() }).list()).ids).toEqual([2]);
});

it("a publish whose last sync fails is not listed, in this process or the next", async () => {
  const disk = createSimulatedDisk();
  const store = fileCheckpointStore(directory, { disk });
  await store.lock();
  await store.publish(1, one, describeIt);
  disk.plan(({ kind, path }) => (kind === "syncDirectory" && path === directory ? { kind: "error", errno: "EIO" } : undefined));
  await expect(store.publish(2, one, describeIt)).rejects.toMatchObject({ code: "CHECKPOINT_IO" });
  expect(await store.list()).toMatchObject({ ids: [1], highestId: 2 });
  expect((await fileCheckpointStore(directory, { disk: disk.killed().mount() }).list()).ids).toEqual([1]);
});

it("what a manager found at opening is still there after a power cut, though its publisher died before the sync", async () => {
  const first = createSimulatedDisk();
  const store = fileCheckpointStore(directory, { disk: first });
  await store.lock();
  await store.publish(1, one, describeIt);
  let renamed = false;
  let image = first.killed();
  first.beforeEach(({ kind, path }) => {
    if (renamed && kind === "syncDirectory" && path === directory) image = first.killed();
    renamed ||= kind === "rename";
  });
  await store.publish(2, one, describeIt);
  const second = image.mount();
  const next = fileCheckpointStore(directory, { disk: second });
  await next.lock();
  const { ids } = await next.list();
  expect(ids).toEqual([1, 2]);
  for (const cut of second.powerCuts()) expect((await fileCheckpointStore(directory, { disk: cut.mount() }).list()).ids).toEqual(ids);
});

it("a manager that is closed takes no more", async () => {
  const manager = await openCheckpointManager({ directory, disk: createSimulatedDisk() });
  await manager.close();
  await expect(manager.create({ walPosition: 0, state: one })).rejects.toMatchObject({ code: "CHECKPOINT_CLOSED" });
});
