import { join } from "node:path";
import { type Disk, isDiskError, type PathStatus } from "@laminar/disk";
import { ownMemory, PieceMemory } from "./chunk-memory.ts";
import { bytesOf, statusOf } from "./drive-log-sync.ts";
import { ioError } from "./io-error.ts";
import type { LogAnswer, LogRequest, News, ReadRequest } from "./log-requests.ts";
import type { AbortSignalLike, ChunkMemory } from "./log.ts";
import { quicklyEach } from "./quick-reads.ts";
import { readOnce, SegmentReader } from "./segment-reader.ts";
import { abortOf, Announcement, firstOf, type Happening, throwIfAborted } from "./waiting.ts";

/** When a reading that follows goes on. */
export interface Follower {
  /** What may bring something new, and what ends it. */
  readonly happenings: readonly Happening[];
  /** Whether nothing will come any more. */
  readonly hasEnded: () => boolean;
}

export interface DriveOptions {
  /** Where segments are read to. @default ownMemory */
  readonly memory?: ChunkMemory | undefined;
  readonly signal?: AbortSignalLike | undefined;
  readonly follower?: Follower | undefined;
}

/** Answers the requests of one reading from a disk. */
export class LogDriver {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #options: DriveOptions;
  readonly #segments: SegmentReader;
  readonly #stopping = new Announcement();
  #isStopped = false;

  constructor(disk: Disk, directory: string, options: DriveOptions = {}) {
    this.#disk = disk;
    this.#directory = directory;
    this.#options = options;
    this.#segments = new SegmentReader(disk, directory, options.memory ?? ownMemory);
  }

  check(): void {
    throwIfAborted(this.#options.signal);
  }

  async answer(request: LogRequest): Promise<LogAnswer> {
    switch (request.kind) {
      case "list":
        return this.#list();
      case "stat":
        return this.#statEach(request.names);
      case "read":
        return this.#segments.read(request);
      case "readEach":
        return this.#readEach(request.reads);
      case "ahead":
        this.#segments.begin(request.read);
        return undefined;
      case "wait":
      default:
        return this.#wait();
    }
  }

  /** Ends a wait, and with it the reading. */
  stop(): void {
    this.#isStopped = true;
    this.#stopping.announce();
  }

  /** Frees the handles, once nothing is being read. */
  close(): Promise<void> {
    return this.#segments.close();
  }

  #readEach(reads: readonly ReadRequest[]): Promise<readonly (Uint8Array | undefined)[]> {
    const memory = new PieceMemory();
    return quicklyEach(this.#disk.clock, reads, {
      now: (read) => bytesOf(this.#disk, this.#directory, read, memory),
      later: (read) => readOnce(this.#disk, this.#directory, read, memory),
    });
  }

  #statEach(names: readonly string[]): Promise<readonly (PathStatus | undefined)[]> {
    return quicklyEach(this.#disk.clock, names, {
      now: (name) => statusOf(this.#disk, this.#directory, name),
      later: (name) => this.#stat(join(this.#directory, name)),
    });
  }

  async #list(): Promise<readonly string[] | undefined> {
    // A new look: under the old names there may be other files.
    await this.#segments.close();
    try {
      return (await this.#disk.list(this.#directory)).map(({ name }) => name);
    } catch (error) {
      if (isDiskError(error, "DISK_NOT_FOUND")) return undefined;
      throw ioError(error, this.#directory);
    }
  }

  async #stat(path: string): ReturnType<Disk["stat"]> {
    try {
      return await this.#disk.stat(path);
    } catch (error) {
      throw ioError(error, path);
    }
  }

  async #wait(): Promise<News> {
    const { follower, signal } = this.#options;
    const news = (): News => (this.#isStopped || !follower ? "stop" : follower.hasEnded() ? "last" : "more");
    if (!follower || news() !== "more") return news();
    // Before anything is awaited, so that nothing happens unseen.
    const woken = firstOf([...follower.happenings, this.#stopping.next, abortOf(signal)]);
    await this.#segments.close();
    await woken;
    return news();
  }
}
