import { Buffer } from "node:buffer";
import { join } from "node:path";
import { type Disk, type DiskFile, readFully } from "@laminar/disk";
import { CheckpointError, isCheckpointError } from "./checkpoint-error.ts";
import { METADATA_FILE, nameOf, STATE_FILE } from "./checkpoint-names.ts";
import { reading } from "./disk-failure.ts";
import { METADATA_BYTES_MAX } from "./metadata-format.ts";
import { checkId } from "./store-arguments.ts";

const CHUNK_BYTES = 256 * 1024;
/** The next chunks are read while one is worked on. */
const READS_AT_ONCE = 2;
const NO_BYTES = new Uint8Array(0);

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

  readState(id: number): AsyncGenerator<Uint8Array, void, undefined> {
    return this.#chunksOf(id, ownMemory);
  }

  scanState(id: number): AsyncGenerator<Uint8Array, void, undefined> {
    const buffers = Array.from({ length: READS_AT_ONCE + 1 }, () => ownMemory(CHUNK_BYTES));
    let next = 0;
    return this.#chunksOf(id, (bytes) => {
      next = (next + 1) % buffers.length;
      return (buffers[next] ?? NO_BYTES).subarray(0, bytes);
    });
  }

  async *#chunksOf(id: number, memoryFor: (bytes: number) => Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
    const file = await this.#openPublished(id, "state");
    const ahead: Promise<Uint8Array>[] = [];
    try {
      const size = await reading(() => file.size(), id);
      let asked = 0;
      let given = 0;
      while (given < size) {
        for (; ahead.length < READS_AT_ONCE && asked < size; asked += CHUNK_BYTES) {
          const read = readChunk(file, asked, memoryFor(Math.min(CHUNK_BYTES, size - asked)), id);
          // It may fail before its turn to be waited for comes.
          read.catch(() => undefined);
          ahead.push(read);
        }
        const chunk = (await ahead.shift()) ?? NO_BYTES;
        if (chunk.length > 0) yield chunk;
        // The file has become shorter since it was asked for its size.
        if (chunk.length < Math.min(CHUNK_BYTES, size - given)) return;
        given += chunk.length;
      }
    } finally {
      await Promise.allSettled(ahead);
      await closeQuietly(file);
    }
  }

  /** Looks at directory and file at once: it is asked of every part before and after each checkpoint. */
  async revision(id: number): Promise<string> {
    checkId(id);
    const file = this.locate(id, "state");
    const [published, status] = await Promise.allSettled([this.#requirePublished(id), reading(() => this.#disk.stat(file), id)]);
    // What stands behind a directory that doesn't count says nothing.
    if (published.status === "rejected") throw published.reason;
    if (status.status === "rejected") throw status.reason;
    if (status.value?.kind === "file") return status.value.revision;
    // It was withdrawn in between, unless the checkpoint is still there.
    await this.#requirePublished(id);
    throw new CheckpointError("CHECKPOINT_CORRUPT", status.value ? `${file} isn't a plain file` : `${file} isn't there`, { id, file });
  }

  /** What is missing was withdrawn in between, unless the checkpoint is still there. */
  async #openPublished(id: number, part: "metadata" | "state"): Promise<DiskFile> {
    checkId(id);
    await this.#requirePublished(id);
    try {
      return await reading(() => this.#disk.open(this.locate(id, part)), id);
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

/** Not zeroed, which would be on this thread, and a quarter of the time of loading a state: the read fills it on its own. */
const ownMemory = (bytes: number): Uint8Array => new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer);

/** The bytes at that place, fewer only where the file ends; then in memory of their own, so that nothing else can be seen in it. */
function readChunk(file: DiskFile, position: number, memory: Uint8Array, id: number): Promise<Uint8Array> {
  return reading(async () => {
    const got = await readFully(file, position, memory);
    return got === memory.length ? memory : memory.slice(0, got);
  }, id);
}

/** For a handle whose close can't say anything that matters: it was only read, or its file has failed already. */
export async function closeQuietly(file: DiskFile): Promise<void> {
  await file.close().catch(() => undefined);
}
