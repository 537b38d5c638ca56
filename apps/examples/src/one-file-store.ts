import { join } from "node:path";
import { CheckpointError, type CheckpointStore, type StoreListing } from "@laminar/checkpoint";
import { type DirectoryEntry, type Disk, type DiskFile, isDiskError, lockDirectory, makeDirectories, nodeDisk, publishFile } from "@laminar/disk";
import { contentOf, inStoreWords, readMetadataOf, readStateOf } from "./checkpoint-file.ts";

/** A checkpoint store of our own: `7.checkpoint` is checkpoint 7, `7.new` one that is being built, `7.gone` one that is withdrawn. */
export function oneFileStore(directory: string, disk: Disk = nodeDisk): CheckpointStore {
  const path = (id: number, ending: "checkpoint" | "gone"): string => join(directory, `${id}.${ending}`);
  const open = async (id: number): Promise<DiskFile> => disk.open(path(requireId(id), "checkpoint"));

  const list = inStoreWords(async (): Promise<StoreListing> => {
    const entries = await disk.list(directory).catch((error: unknown) => {
      if (!isDiskError(error, "DISK_NOT_FOUND")) throw error;
    });
    return { exists: entries !== undefined, ...listingOf(entries ?? []) };
  });

  /** One that fails doesn't keep the others; what was done is durable when it settles. */
  async function each<T>(items: Iterable<T>, change: (item: T) => Promise<void>): Promise<void> {
    const failures: unknown[] = [];
    for (const item of items) await change(item).catch((error: unknown) => failures.push(error));
    await disk.syncDirectory(directory);
    if (failures.length > 0) throw failures[0];
  }

  return {
    location: directory,
    locate: (id, part) => `${path(id, "checkpoint")} (${part})`,
    list,
    lock: inStoreWords(async () => {
      await makeDirectories(disk, directory);
      const lock = await lockDirectory(disk, directory);
      // What an owner renamed before it was killed counts from here on.
      await disk.syncDirectory(directory).catch((error: unknown) => lock.release().then(() => Promise.reject(error)));
      return { held: inStoreWords(() => lock.held()), release: inStoreWords(() => lock.release()) };
    }),
    readMetadata: inStoreWords(async (id) => {
      const file = await open(id);
      try {
        return await readMetadataOf(file);
      } finally {
        await file.close();
      }
    }),
    async *readState(id) {
      const file = await inStoreWords(open)(id);
      try {
        yield* readStateOf(file);
      } finally {
        await file.close();
      }
    },
    revision: inStoreWords(async (id) => {
      const status = await disk.stat(path(requireId(id), "checkpoint"));
      if (status?.kind !== "file") throw new CheckpointError("CHECKPOINT_NOT_FOUND", `${directory} has no checkpoint ${id}`, { id });
      return status.revision;
    }),
    publish: inStoreWords<Parameters<CheckpointStore["publish"]>, void>(async (id, state, describe) => {
      requireId(id);
      requirePublication(state, describe);
      const { ids, leftovers } = await list();
      const isTaken = ids.includes(id) || leftovers.some((name) => name.startsWith(`${id}.`));
      if (isTaken) throw new CheckpointError("CHECKPOINT_EXISTS", `${directory} has a checkpoint ${id} already, and ids are given once`, { id });
      try {
        const file = await publishFile(disk, directory, `${id}.new`, `${id}.checkpoint`, contentOf(state, describe));
        await file.close();
      } catch (error) {
        // It may have failed after it got its name.
        await disk.rename(path(id, "checkpoint"), path(id, "gone")).catch(() => undefined);
        throw error;
      }
    }),
    withdraw: inStoreWords(async (ids) => {
      if (!Array.isArray(ids)) throw new TypeError("the ids to withdraw are an array");
      ids.forEach(requireId);
      const published = new Set((await list()).ids);
      await each(ids, async (id) => {
        if (published.delete(id)) await disk.rename(path(id, "checkpoint"), path(id, "gone"));
      });
    }),
    sweep: inStoreWords(async () => {
      const { ids, highestId, leftovers } = await list();
      // The highest number is never given again: where no checkpoint carries it, its name stays, without its bytes.
      const needsMark = leftovers.length > 0 && !ids.includes(highestId);
      const staying: readonly string[] = needsMark ? [`${highestId}.new`, `${highestId}.gone`] : [];
      if (needsMark) await (await publishFile(disk, directory, `${highestId}.new`, `${highestId}.gone`, [])).close();
      await each(leftovers.filter((name) => !staying.includes(name)), (name) => disk.remove(join(directory, name)));
    }),
  };
}

function listingOf(entries: readonly DirectoryEntry[]): Omit<StoreListing, "exists"> {
  const ids: number[] = [];
  const leftovers: string[] = [];
  const ignored: string[] = [];
  let highestId = 0;
  for (const { name, kind } of entries) {
    const [, digits, ending] = /^([1-9]\d*)\.(checkpoint|new|gone)$/.exec(name) ?? [];
    const id = Number(digits);
    const isOurs = kind === "file" && Number.isSafeInteger(id);
    if (isOurs) highestId = Math.max(highestId, id);
    if (isOurs && ending === "checkpoint") ids.push(id);
    else if (isOurs) leftovers.push(name);
    else if (name.endsWith(".checkpoint")) ignored.push(name);
  }
  return { ids: ids.sort((a, b) => a - b), highestId, leftovers, ignored };
}

function requireId(id: number): number {
  if (typeof id !== "number") throw new TypeError("an id is a number");
  if (!Number.isSafeInteger(id) || id < 1) throw new RangeError(`an id is a whole number from 1 on, not ${id}`);
  return id;
}

function requirePublication(state: unknown, describe: unknown): void {
  const isIterable = typeof state === "object" && state !== null && (Symbol.iterator in state || Symbol.asyncIterator in state);
  if (!isIterable || state instanceof Uint8Array) throw new TypeError("a state is an iterable of Uint8Arrays");
  if (typeof describe !== "function") throw new TypeError("a function describes a state");
}
