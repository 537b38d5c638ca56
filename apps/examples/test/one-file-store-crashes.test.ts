import { createSimulatedDisk, type DiskImage } from "@laminar/disk/testing";
import type { CheckpointStore } from "@laminar/checkpoint";
import { expect, it } from "vitest";
import { oneFileStore } from "../src/one-file-store.ts";

const place = "/data/checkpoints";
/** More than a sector, so that a power cut may tear it. */
const stateOf = (id: number): string => `state ${id} `.repeat(150);
const metadataOf = (id: number): string => `metadata of ${id} `.repeat(60);

/** What an owner was told: what is there, and what may be. */
interface Told {
  readonly published: ReadonlySet<number>;
  readonly either: ReadonlySet<number>;
  readonly highest: number;
}

const publish = (store: CheckpointStore, id: number): Promise<void> => store.publish(id, [Buffer.from(stateOf(id))], () => Buffer.from(metadataOf(id)));

async function requireTold(image: DiskImage, { published, either, highest }: Told): Promise<void> {
  const store = oneFileStore(place, image.mount());
  await store.lock();
  const { ids, highestId, ignored } = await store.list();
  expect(ids).toEqual(expect.arrayContaining([...published]));
  expect(ids.filter((id) => !published.has(id) && !either.has(id))).toEqual([]);
  for (const id of ids) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of store.readState(id)) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe(stateOf(id));
    expect(Buffer.from(await store.readMetadata(id)).toString()).toBe(metadataOf(id));
  }
  expect(highestId).toBeGreaterThanOrEqual(highest);
  expect(ignored).toEqual([]);
  await store.sweep();
  await publish(store, highestId + 1);
  expect((await store.list()).ids).toEqual([...ids, highestId + 1]);
}

it("holds what it was told to hold, whole, whatever a kill or a power cut leaves, and never gives a number again", async () => {
  const disk = createSimulatedDisk();
  const taken = new Map<string, { readonly image: DiskImage; readonly told: Told }>();
  let told: Told = { published: new Set(), either: new Set(), highest: 0 };
  const take = (): void => {
    for (const image of [disk.killed(), ...disk.powerCuts({ limit: 200 })]) {
      const key = `${[...told.published].join()} ${[...told.either].join()} ${told.highest} ${image.hash}`;
      if (!taken.has(key)) taken.set(key, { image, told });
    }
  };
  disk.beforeEach(take);
  const store = oneFileStore(place, disk);
  const change = async (id: number, isThere: boolean, call: Promise<void>): Promise<void> => {
    const others = new Set([...told.published].filter((known) => known !== id));
    told = { ...told, published: others, either: new Set([id]) };
    await call;
    told = { published: isThere ? new Set([...others, id]) : others, either: new Set(), highest: isThere ? Math.max(told.highest, id) : told.highest };
  };
  await store.lock();
  for (const id of [1, 2, 7]) await change(id, true, publish(store, id));
  await change(1, false, store.withdraw([1]));
  await store.sweep();
  await change(7, false, store.withdraw([7]));
  await store.sweep();
  await change(8, true, publish(store, 8));
  await store.sweep();
  take();
  expect(disk.openFiles).toBe(0);

  for (const { image, told: known } of taken.values()) await requireTold(image, known);
  console.log(`${taken.size} states after a crash, 0 violations`);
  expect(taken.size).toBeGreaterThan(500);
});
