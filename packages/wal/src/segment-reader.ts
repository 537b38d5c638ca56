import { join } from "node:path";
import { type Disk, type DiskFile, isDiskError, readFully } from "@laminar/disk";
import { ioError } from "./io-error.ts";
import type { ReadRequest } from "./log-requests.ts";
import type { ChunkMemory } from "./log.ts";

interface OpenSegment {
  readonly number: number;
  readonly file: DiskFile;
}

/** How a read went. It has an open file even when it failed, if it got so far. */
interface Outcome {
  readonly open?: OpenSegment | undefined;
  readonly bytes?: Uint8Array | undefined;
  readonly failure?: unknown;
}

/** Reads a log's files through one handle at a time, and may begin a read before it is asked for. What it gave is no longer looked at when it is asked for more. */
export class SegmentReader {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #memory: ChunkMemory;
  #given: Uint8Array | undefined;
  #open: OpenSegment | undefined;
  #ahead: { readonly request: ReadRequest; readonly outcome: Promise<Outcome> } | undefined;

  constructor(disk: Disk, directory: string, memory: ChunkMemory) {
    this.#disk = disk;
    this.#directory = directory;
    this.#memory = memory;
  }

  /** The bytes, fewer only at the end of the file; `undefined` when the file is gone. */
  async read(request: ReadRequest): Promise<Uint8Array | undefined> {
    if (this.#given) this.#memory.giveBack(this.#given);
    this.#given = undefined;
    if (this.#ahead && !isSame(this.#ahead.request, request)) await this.#dropAhead();
    const { open, bytes, failure } = await (this.#ahead?.outcome ?? this.#try(request));
    this.#ahead = undefined;
    if (open !== this.#open) await closeQuietly(this.#open);
    this.#open = open;
    if (failure !== undefined) throw failure;
    this.#given = bytes;
    return bytes;
  }

  /** Begins a read that will probably be asked for next. Its failure is told then, or never. */
  begin(request: ReadRequest): void {
    if (!this.#ahead) this.#ahead = { request, outcome: this.#try(request) };
  }

  /** Frees the handles, once nothing is being read. The next read opens anew. */
  async close(): Promise<void> {
    await this.#dropAhead();
    const open = this.#open;
    this.#open = undefined;
    await closeQuietly(open);
  }

  async #dropAhead(): Promise<void> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    const outcome = await ahead?.outcome;
    if (outcome?.bytes) this.#memory.giveBack(outcome.bytes);
    if (outcome?.open !== this.#open) await closeQuietly(outcome?.open);
  }

  /** Never rejects, so that a read that nobody comes for is no unhandled rejection. */
  async #try(request: ReadRequest): Promise<Outcome> {
    let open = this.#open?.number === request.segment.number ? this.#open : undefined;
    try {
      open ??= await openSegment(this.#disk, this.#directory, request);
      return { open, bytes: open && (await readUpTo(open.file, request, this.#memory)) };
    } catch (failure) {
      return { open, failure };
    }
  }
}

const isSame = (a: ReadRequest, b: ReadRequest): boolean => a.segment.number === b.segment.number && a.position === b.position && a.length === b.length;

/** Reads once, with a handle of its own. */
export async function readOnce(disk: Disk, directory: string, request: ReadRequest, memory: ChunkMemory): Promise<Uint8Array | undefined> {
  const open = await openSegment(disk, directory, request);
  try {
    return open && (await readUpTo(open.file, request, memory));
  } finally {
    await closeQuietly(open);
  }
}

async function openSegment(disk: Disk, directory: string, { segment: { name, number } }: ReadRequest): Promise<OpenSegment | undefined> {
  const path = join(directory, name);
  try {
    return { number, file: await disk.open(path) };
  } catch (error) {
    if (isDiskError(error, "DISK_NOT_FOUND")) return undefined;
    throw ioError(error, path);
  }
}

async function readUpTo(file: DiskFile, { position, length }: ReadRequest, memory: ChunkMemory): Promise<Uint8Array> {
  const bytes = memory.take(length);
  if (!(bytes instanceof Uint8Array) || bytes.length !== length) throw new TypeError(`a memory's take(${length}) must return a Uint8Array of that length`);
  try {
    const got = await readFully(file, position, bytes);
    return got === length ? bytes : bytes.subarray(0, got);
  } catch (error) {
    throw ioError(error, file.path, position);
  }
}

/** Nothing was written through it, so a failure to close it takes nothing away. */
const closeQuietly = async (open: OpenSegment | undefined): Promise<void> => open?.file.close().catch(() => undefined);
