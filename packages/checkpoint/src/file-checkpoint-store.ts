import { join } from "node:path";
import { crc32 } from "@laminar/disk/checksum";
import { type Disk, isDiskError, lockDirectory, makeDirectories, nodeDisk, readFully, writeFully } from "@laminar/disk";
import { CheckpointError } from "./checkpoint-error.ts";
import { looksLikeOurs, METADATA_FILE, nameOf, parseName, STATE_FILE } from "./checkpoint-names.ts";
import type { CheckpointStore, StoreListing, StoreLock, WrittenState } from "./checkpoint-store.ts";
import { translated } from "./disk-failure.ts";
import { METADATA_BYTES_MAX } from "./metadata-format.ts";

const CHUNK_BYTES = 256 * 1024;

type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Checkpoints in a directory: `checkpoint_<id>/` with `metadata.json` and `state.bin`. */
class FileStore implements CheckpointStore {
  readonly location: string;
  readonly #disk: Disk;

  constructor(directory: string, disk: Disk) {
    this.location = directory;
    this.#disk = disk;
  }

  #path(...names: readonly string[]): string {
    return join(this.location, ...names);
  }

  lock(): Promise<StoreLock> {
    return translated(async () => {
      await makeDirectories(this.#disk, this.location);
      const lock = await lockDirectory(this.#disk, this.location);
      try {
        // An earlier manager may have died between a rename and its sync; what counts from here on must stay.
        await this.#disk.syncDirectory(this.location);
        return { held: () => translated(() => lock.held()), release: () => translated(() => lock.release()) };
      } catch (error) {
        await lock.release().catch(() => undefined);
        throw error;
      }
    });
  }

  list(): Promise<StoreListing> {
    return translated(async () => {
      const entries = await this.#disk.list(this.location).catch((error: unknown) => {
        if (isDiskError(error, "DISK_NOT_FOUND")) return undefined;
        throw error;
      });
      const ids: number[] = [];
      const leftovers: string[] = [];
      const ignored: string[] = [];
      let highestId = 0;
      for (const { name, kind } of entries ?? []) {
        const parsed = kind === "directory" ? parseName(name) : undefined;
        if (parsed?.kind === "checkpoint") ids.push(parsed.id);
        else if (parsed) leftovers.push(name);
        else if (looksLikeOurs(name)) ignored.push(name);
        highestId = Math.max(highestId, parsed?.id ?? 0);
      }
      return { exists: entries !== undefined, ids: ids.sort((a, b) => a - b), highestId, leftovers, ignored };
    });
  }

  readMetadata(id: number): Promise<Uint8Array> {
    return translated(async () => {
      const file = await this.#disk.open(this.#path(nameOf("checkpoint", id), METADATA_FILE));
      try {
        const size = await file.size();
        if (size > METADATA_BYTES_MAX) throw new CheckpointError("CHECKPOINT_CORRUPT", `${file.path}: ${size} bytes are too many`, { id, file: file.path });
        const bytes = new Uint8Array(size);
        return bytes.subarray(0, await readFully(file, 0, bytes));
      } finally {
        await file.close();
      }
    }, id);
  }

  async *readState(id: number): AsyncGenerator<Uint8Array, void, undefined> {
    const file = await translated(() => this.#disk.open(this.#path(nameOf("checkpoint", id), STATE_FILE)), id);
    try {
      const size = await translated(() => file.size(), id);
      for (let position = 0; position < size; ) {
        const chunk = new Uint8Array(Math.min(CHUNK_BYTES, size - position));
        const at = position;
        const got = await translated(() => readFully(file, at, chunk), id);
        if (got > 0) yield chunk.subarray(0, got);
        if (got < chunk.length) return;
        position += got;
      }
    } finally {
      await file.close();
    }
  }

  revision(id: number): Promise<string> {
    return translated(async () => {
      const file = this.#path(nameOf("checkpoint", id), STATE_FILE);
      const status = await this.#disk.stat(file);
      if (!status) throw new CheckpointError("CHECKPOINT_NOT_FOUND", `${file} isn't there`, { id, file });
      if (status.kind !== "file") throw new CheckpointError("CHECKPOINT_CORRUPT", `${file} isn't a plain file`, { id, file });
      return status.revision;
    }, id);
  }

  publish(id: number, state: Chunks, describe: (written: WrittenState) => Uint8Array): Promise<void> {
    return translated(async () => {
      const disk = this.#disk;
      const temporary = this.#path(nameOf("tmp", id));
      const final = this.#path(nameOf("checkpoint", id));
      if (await disk.stat(final)) throw new CheckpointError("CHECKPOINT_EXISTS", `${final} is there already`, { id, file: final });
      await disk.makeDirectory(temporary);
      try {
        const written = await this.#write(join(temporary, STATE_FILE), state);
        await this.#write(join(temporary, METADATA_FILE), [describe(written)]);
        await disk.syncDirectory(temporary);
        await disk.rename(temporary, final);
      } catch (error) {
        // On a full disk its bytes would make the next attempt fail too. The name stays: it carries the id.
        await this.#empty(temporary).catch(() => undefined);
        throw error;
      }
      try {
        await disk.syncDirectory(this.location);
      } catch (error) {
        // Nobody knows whether the name is durable: it must not count, now or after the next start.
        await disk.rename(final, this.#path(nameOf("trash", id))).catch(() => undefined);
        throw error;
      }
    }, id);
  }

  /** Writes and syncs one file. */
  async #write(path: string, chunks: Chunks): Promise<WrittenState> {
    const file = await this.#disk.create(path);
    let size = 0;
    let checksum = 0;
    try {
      for await (const chunk of chunks) {
        if (!(chunk instanceof Uint8Array)) throw new TypeError("a state's chunks are Uint8Arrays");
        await writeFully(file, size, chunk);
        size += chunk.length;
        checksum = crc32(chunk, checksum);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    return { size, checksum };
  }

  withdraw(ids: readonly number[]): Promise<void> {
    return translated(async () => {
      const failures: unknown[] = [];
      for (const id of ids) await this.#discard(id).catch((error: unknown) => failures.push(error));
      if (ids.length > 0) await this.#disk.syncDirectory(this.location);
      // One that can't go must not keep the others.
      if (failures.length > 0) throw failures[0];
    });
  }

  async #discard(id: number): Promise<void> {
    const trash = this.#path(nameOf("trash", id));
    // Ids are given once, so only a withdrawal that was cut short can have left this name, and it is empty then.
    if (await this.#disk.stat(trash)) await this.#empty(trash);
    await this.#disk.rename(this.#path(nameOf("checkpoint", id)), trash);
  }

  sweep(): Promise<void> {
    return translated(async () => {
      const { leftovers, highestId } = await this.list();
      if (leftovers.length === 0) return;
      // Before anything inside goes, the checkpoint's name must be gone for good.
      await this.#disk.syncDirectory(this.location);
      for (const name of leftovers) {
        await this.#empty(this.#path(name));
        // The highest number stays until there is a higher one, so that it is never given again.
        if (parseName(name)?.id !== highestId) await this.#disk.removeDirectory(this.#path(name));
      }
    });
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
}

/** Keeps checkpoints in `directory`, which is made when the first manager opens it. */
export function fileCheckpointStore(directory: string, options: { readonly disk?: Disk | undefined } = {}): CheckpointStore {
  if (typeof directory !== "string" || directory === "" || directory.includes("\0")) throw new TypeError("directory must be a path");
  return new FileStore(directory, options.disk ?? nodeDisk);
}
