import type { Disk } from "@laminar/disk";
import { createSimulatedDisk, type DiskImage, type SimulatedDisk } from "@laminar/disk/testing";
import { type CheckpointStore, fileCheckpointStore } from "../src/index.ts";
import { fileStoreBySteps } from "../src/file-checkpoint-store.ts";
import { FileStoreSteps } from "../src/file-store-steps.ts";

export const PLACE = "/data/checkpoints";
export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** More than a sector, so that a power cut may tear it. */
export const stateText = (id: number): string => `state ${id} `.repeat(80);
export const metadataText = (id: number): string => `metadata of ${id} `.repeat(40);

export const put = (store: CheckpointStore, id: number): Promise<void> => store.publish(id, [bytesOf(stateText(id))], () => bytesOf(metadataText(id)));

export async function readAll(store: CheckpointStore, id: number): Promise<string> {
  let text = "";
  for await (const chunk of store.readState(id)) text += textOf(chunk);
  return text;
}

/** What is wrong with a listed checkpoint that `put` made; `undefined` for nothing. */
export async function wrongWith(store: CheckpointStore, id: number): Promise<string | undefined> {
  try {
    const whole = (await readAll(store, id)) === stateText(id) && textOf(await store.readMetadata(id)) === metadataText(id);
    return whole ? undefined : `checkpoint ${id} is torn`;
  } catch (error) {
    return `checkpoint ${id} is torn: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** A store on a simulated disk, of which one step may be replaced, and its lock. */
export async function openStore(disk: SimulatedDisk, altered: Partial<FileStoreSteps> = {}): Promise<CheckpointStore> {
  const store = storeOf(disk, altered);
  await store.lock();
  return store;
}

export const storeOf = (disk: Disk, altered: Partial<FileStoreSteps> = {}): CheckpointStore =>
  fileStoreBySteps(PLACE, disk, Object.assign(new FileStoreSteps(disk), altered));

export const reading = (image: DiskImage): CheckpointStore => fileCheckpointStore(PLACE, { disk: image.mount() });

export async function publishedDisk(...ids: readonly number[]): Promise<{ readonly disk: SimulatedDisk; readonly store: CheckpointStore }> {
  const disk = createSimulatedDisk();
  const store = await openStore(disk);
  for (const id of ids) await put(store, id);
  return { disk, store };
}
