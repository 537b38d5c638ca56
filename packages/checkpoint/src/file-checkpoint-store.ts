import { join } from "node:path";
import { type DirectoryEntry, type Disk, type DiskFile, isDiskError, lockDirectory, type LockOptions, nodeDisk, writeFully } from "@laminar/disk";
import { requireFlag, requireKnownNames, shown } from "@laminar/disk/arguments";
import { checkDisk } from "./checkpoint-config.ts";
import { CheckpointError } from "./checkpoint-error.ts";
import { freeTrashName, METADATA_FILE, nameOf, parseName, STATE_FILE } from "./checkpoint-names.ts";
import type { CheckpointStore, StoreListing, StoreLock, WrittenState } from "./checkpoint-store.ts";
import { readEntries } from "./directory-listing.ts";
import { changing } from "./disk-failure.ts";
import { FileStoreSteps } from "./file-store-steps.ts";
import { closeQuietly, PublishedFiles } from "./published-files.ts";
import { checkIds, checkMetadata, checkPublication } from "./store-arguments.ts";
import { writeState } from "./write-state.ts";

type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Checkpoints in a directory: `checkpoint_<id>/` with `metadata.json` and `state.bin`. */
class FileStore implements CheckpointStore {
  readonly location: string;
  readonly #disk: Disk;
  readonly #steps: FileStoreSteps;
  readonly #lockOptions: LockOptions;
  readonly #files: PublishedFiles;
  /** Ids whose publish failed and that kept their name because taking it back failed too. */
  readonly #unpublished = new Set<number>();

  constructor(directory: string, disk: Disk, steps: FileStoreSteps, lockOptions: LockOptions) {
    this.location = directory;
    this.#disk = disk;
    this.#steps = steps;
    this.#lockOptions = lockOptions;
    this.#files = new PublishedFiles(directory, disk, (id) => !this.#unpublished.has(id));
  }

  #path(...names: readonly string[]): string {
    return join(this.location, ...names);
  }

  locate(id: number, part: "metadata" | "state"): string {
    return this.#files.locate(id, part);
  }

  lock(): Promise<StoreLock> {
    return changing(async () => {
      await this.#steps.makePlace(this.location);
      const lock = await lockDirectory(this.#disk, this.location, this.#lockOptions);
      try {
        await this.#steps.syncFound(this.location);
      } catch (error) {
        await lock.release().catch(() => undefined);
        throw error;
      }
      return { held: () => changing(() => lock.held()), release: () => changing(() => lock.release()) };
    });
  }

  list(): Promise<StoreListing> {
    return changing(async () => {
      const entries = await this.#disk.list(this.location).catch((error: unknown) => {
        if (isDiskError(error, "DISK_NOT_FOUND")) return undefined;
        throw error;
      });
      return readEntries(entries, this.#unpublished);
    });
  }

  readMetadata(id: number): Promise<Uint8Array> {
    return this.#files.readMetadata(id);
  }

  readState(id: number): AsyncIterable<Uint8Array> {
    return this.#files.readState(id);
  }

  scanState(id: number): AsyncIterable<Uint8Array> {
    return this.#files.scanState(id);
  }

  revision(id: number): Promise<string> {
    return this.#files.revision(id);
  }

  async publish(id: number, state: Chunks, describe: (written: WrittenState) => Uint8Array): Promise<void> {
    checkPublication(id, state, describe);
    const built = this.#path(this.#steps.nameWhileBuilt(id));
    const published = this.#path(nameOf("checkpoint", id));
    const taken = (await this.#entries()).find(({ name }) => parseName(name)?.id === id)?.name;
    if (taken !== undefined) {
      throw new CheckpointError("CHECKPOINT_EXISTS", `${this.#path(taken)} is there already, and ids are given once`, { id, file: this.#path(taken) });
    }
    await changing(() => this.#disk.makeDirectory(built), id);
    try {
      await this.#build(id, built, state, describe);
      await changing(() => this.#steps.giveName(built, published), id);
    } catch (error) {
      // On a full disk its bytes would make the next attempt fail too. The name stays: it carries the id.
      await this.#empty(built).catch(() => undefined);
      throw error;
    }
    try {
      await changing(() => this.#steps.syncPublished(this.location), id);
    } catch (error) {
      this.#unpublished.add(id);
      await this.#takeBack().catch(() => undefined);
      throw error;
    }
  }

  async #build(id: number, directory: string, state: Chunks, describe: (written: WrittenState) => Uint8Array): Promise<void> {
    const files: DiskFile[] = [];
    const create = async (name: string): Promise<DiskFile> => {
      const file = await changing(() => this.#disk.create(join(directory, name)), id);
      files.push(file);
      return file;
    };
    try {
      const stateFile = await create(STATE_FILE);
      const metadata = describe(await writeState(stateFile, state, id));
      checkMetadata(metadata);
      const metadataFile = await create(METADATA_FILE);
      await changing(() => writeFully(metadataFile, 0, metadata), id);
      // None needs another one, and a journal takes what comes together in one go.
      const syncs = [() => this.#steps.syncState(stateFile), () => this.#steps.syncMetadata(metadataFile), () => this.#steps.syncBuilt(directory)];
      await allOf(syncs.map((sync) => changing(sync, id)));
    } catch (error) {
      await Promise.all(files.map(closeQuietly));
      throw error;
    }
    await allOf(files.map((file) => changing(() => file.close(), id)));
  }

  /** Moves away what is named like a checkpoint and was reported as failed. */
  async #takeBack(): Promise<void> {
    const names = namesIn(await this.#entries());
    const failures = new Failures();
    for (const id of this.#unpublished) {
      const published = nameOf("checkpoint", id);
      const trash = freeTrashName(id, names);
      const step = async (): Promise<void> => {
        if (names.has(published)) await this.#steps.takeBack(this.#path(published), this.#path(trash));
        this.#unpublished.delete(id);
      };
      await failures.note(changing(step, id));
    }
    await failures.note(changing(() => this.#steps.syncTakenBack(this.location)));
    failures.throwFirst();
  }

  async withdraw(ids: readonly number[]): Promise<void> {
    checkIds(ids);
    if (ids.length === 0) return;
    const entries = await this.#entries();
    const listed = readEntries(entries, this.#unpublished).ids;
    const names = namesIn(entries);
    const failures = new Failures();
    const moved: { readonly published: string; readonly trash: string }[] = [];
    for (const id of new Set(ids)) {
      if (!listed.includes(id)) continue;
      const published = this.#path(nameOf("checkpoint", id));
      const trash = this.#path(freeTrashName(id, names));
      const step = async (): Promise<void> => {
        await this.#steps.takeName(published, trash);
        moved.push({ published, trash });
      };
      await failures.note(changing(step, id));
    }
    try {
      await changing(() => this.#steps.syncWithdrawn(this.location));
    } catch (error) {
      for (const { published, trash } of moved) await this.#steps.giveBack(trash, published).catch(() => undefined);
      throw error;
    }
    failures.throwFirst();
  }

  async sweep(): Promise<void> {
    const failures = new Failures();
    if (this.#unpublished.size > 0) await failures.note(this.#takeBack());
    const listing = readEntries(await this.#entries(), this.#unpublished);
    // What could not be taken back has its name still.
    const leftovers = listing.leftovers.filter((name) => parseName(name)?.kind !== "checkpoint");
    if (leftovers.length > 0) await changing(() => this.#steps.syncLeftovers(this.location));
    const stays = this.#steps.nameThatStays(listing);
    for (const name of leftovers) await failures.note(changing(() => this.#remove(name, name === stays)));
    failures.throwFirst();
  }

  async #remove(name: string, nameStays: boolean): Promise<void> {
    await this.#empty(this.#path(name));
    if (!nameStays) await this.#disk.removeDirectory(this.#path(name));
  }

  async #empty(directory: string): Promise<void> {
    for (const { name, kind } of await this.#disk.list(directory)) {
      const path = join(directory, name);
      if (kind === "directory") {
        await this.#empty(path);
        await this.#disk.removeDirectory(path);
      } else await this.#disk.remove(path);
    }
  }

  /** For its owner, to whom a place that isn't there is a failure. */
  #entries(): Promise<readonly DirectoryEntry[]> {
    return changing(() => this.#disk.list(this.location));
  }
}

/** What stands there, of whatever kind: a link or a file keeps its name. */
function namesIn(entries: readonly DirectoryEntry[]): ReadonlySet<string> {
  return new Set(entries.map(({ name }) => name));
}

/** What went wrong while the rest went on. */
class Failures {
  readonly #errors: unknown[] = [];

  async note(step: Promise<void>): Promise<void> {
    await step.catch((error: unknown) => this.#errors.push(error));
  }

  throwFirst(): void {
    if (this.#errors.length > 0) throw this.#errors[0];
  }
}

/** Waits for all of them, also when one fails; then throws what failed first. */
async function allOf(steps: readonly Promise<void>[]): Promise<void> {
  const failures = new Failures();
  await Promise.all(steps.map((step) => failures.note(step)));
  failures.throwFirst();
}

/** Settings of the store that keeps checkpoints in a directory. */
export interface FileStoreOptions {
  /** The machine that the directory is on. @default nodeDisk */
  readonly disk?: Disk | undefined;
  /**
   * The volume is used by one container at a time, so an owner of the lock that can't be judged counts as dead. See
   * `LockOptions` of `@laminar/disk`. @default false
   */
  readonly oneContainer?: boolean | undefined;
}

/** Keeps checkpoints in `directory`, which is made when the first manager opens it. */
export function fileCheckpointStore(directory: string, options: FileStoreOptions = {}): CheckpointStore {
  if (typeof directory !== "string" || directory === "" || directory.includes("\0")) throw new TypeError(`directory must be the path of a directory, not ${shown(directory)}`);
  if (typeof options !== "object" || options === null) throw new TypeError(`options must be an object, not ${shown(options)}`);
  requireKnownNames(options, { disk: true, oneContainer: true } satisfies Record<keyof FileStoreOptions, true>, "a checkpoint store");
  const { disk = nodeDisk, oneContainer } = options;
  requireFlag(oneContainer, "oneContainer");
  checkDisk(options.disk);
  return new FileStore(directory, disk, new FileStoreSteps(disk), { oneContainer });
}

/** The same with its steps given: a test leaves one out. */
export function fileStoreBySteps(directory: string, disk: Disk, steps: FileStoreSteps): CheckpointStore {
  return new FileStore(directory, disk, steps, {});
}
