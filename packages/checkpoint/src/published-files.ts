import { join } from "node:path";
import { type Disk, type DiskFile, readFully } from "@laminar/disk";
import { CheckpointError, isCheckpointError } from "./checkpoint-error.ts";
import { METADATA_FILE, nameOf, STATE_FILE } from "./checkpoint-names.ts";
import { reading } from "./disk-failure.ts";
import { METADATA_BYTES_MAX } from "./metadata-format.ts";
import { checkId } from "./store-arguments.ts";

const CHUNK_BYTES = 256 * 1024;

/** Reads the files of published checkpoints. Needs no lock: whatever goes meanwhile is told apart from what is damaged. */
export class PublishedFiles {
  readonly #place: string;
  readonly #disk: Disk;
  /** False for what only looks as if it were published. */
  readonly #isPublished: (id: number) => boolean;

  constructor(place: string, disk: Disk, isPublished: (id: number) => boolean) {
    this.#place = place;
    this.#disk = disk;
    this.#isPublished = isPublished;
  }

  locate(id: number, part: "metadata" | "state"): string {
    return join(this.#place, nameOf("checkpoint", id), part === "metadata" ? METADATA_FILE : STATE_FILE);
  }

  async readMetadata(id: number): Promise<Uint8Array> {
    const file = await this.#openPublished(id, "metadata");
    try {
      const size = await reading(() => file.size(), id);
      if (size > METADATA_BYTES_MAX) {
        const message = `${file.path}: ${size} bytes; metadata have at most ${METADATA_BYTES_MAX}`;
        throw new CheckpointError("CHECKPOINT_CORRUPT", message, { id, file: file.path, expected: METADATA_BYTES_MAX, actual: size });
      }
      const bytes = new Uint8Array(size);
      return bytes.subarray(0, await reading(() => readFully(file, 0, bytes), id));
    } finally {
      await closeQuietly(file);
    }
  }

  async *readState(id: number): AsyncGenerator<Uint8Array, void, undefined> {
    const file = await this.#openPublished(id, "state");
    try {
      const size = await reading(() => file.size(), id);
      for (let position = 0; position < size; ) {
        const chunk = new Uint8Array(Math.min(CHUNK_BYTES, size - position));
        const at = position;
        const got = await reading(() => readFully(file, at, chunk), id);
        if (got > 0) yield chunk.subarray(0, got);
        if (got < chunk.length) return;
        position += got;
      }
    } finally {
      await closeQuietly(file);
    }
  }

  revision(id: number): Promise<string> {
    return this.#ofPublished(id, async () => {
      const file = this.locate(id, "state");
      const status = await this.#disk.stat(file);
      if (status?.kind === "file") return status.revision;
      throw new CheckpointError("CHECKPOINT_CORRUPT", status ? `${file} isn't a plain file` : `${file} isn't there`, { id, file });
    });
  }

  #openPublished(id: number, part: "metadata" | "state"): Promise<DiskFile> {
    return this.#ofPublished(id, () => this.#disk.open(this.locate(id, part)));
  }

  /** What is missing was withdrawn in between, unless the checkpoint is still there. */
  async #ofPublished<T>(id: number, read: () => Promise<T>): Promise<T> {
    checkId(id);
    await this.#requirePublished(id);
    try {
      return await reading(read, id);
    } catch (error) {
      if (isCheckpointError(error, "CHECKPOINT_CORRUPT")) await this.#requirePublished(id);
      throw error;
    }
  }

  async #requirePublished(id: number): Promise<void> {
    const file = join(this.#place, nameOf("checkpoint", id));
    const status = await reading(() => this.#disk.stat(file), id);
    // A symbolic link would be followed by whatever is opened behind it.
    if (status?.kind === "directory" && this.#isPublished(id)) return;
    throw new CheckpointError("CHECKPOINT_NOT_FOUND", `${this.#place} has no checkpoint ${id}`, { id, file });
  }
}

/** For a handle whose close can't say anything that matters: it was only read, or its file has failed already. */
export async function closeQuietly(file: DiskFile): Promise<void> {
  await file.close().catch(() => undefined);
}
