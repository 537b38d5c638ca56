import type { Disk } from "@laminar/disk";
import { ReusedMemory } from "./chunk-memory.ts";
import { type BatchDecoder, decodeFound, visitFound } from "./decode-batch.ts";
import { drive, driveToEnd } from "./drive-log.ts";
import { iterateBatches } from "./iterate-log.ts";
import type { KnownLog } from "./known-log.ts";
import { type DriveOptions, LogDriver } from "./log-driver.ts";
import type { Reading } from "./log-requests.ts";
import type { EntryVisitor, WalBatch } from "./log.ts";
import { readLog, type ReadTask } from "./read-log.ts";

/** The files of a log, as those read them who write there and those who don't. */
export class LogFiles<E> {
  readonly log: KnownLog;
  readonly #disk: Disk;
  readonly #decoder: BatchDecoder<E>;

  constructor(disk: Disk, log: KnownLog, decoder: BatchDecoder<E>) {
    this.log = log;
    this.#disk = disk;
    this.#decoder = decoder;
  }

  async run<T>(reading: (log: KnownLog) => Reading<T>): Promise<T> {
    return driveToEnd(this.#disk, this.log.directory, reading(this.log));
  }

  read(task: ReadTask, options: DriveOptions): AsyncIterableIterator<WalBatch<E>> {
    const { log } = this;
    return iterateBatches(this.#driver(options), readLog(log, task), (found) => decodeFound(log, found, this.#decoder, found.after));
  }

  visit(task: ReadTask, options: DriveOptions, visitor: EntryVisitor): Promise<void> {
    const { log } = this;
    return drive(this.#driver({ ...options, memory: visitor.memory ?? new ReusedMemory() }), readLog(log, task), (found) => visitFound(log, found, visitor));
  }

  #driver(options: DriveOptions): LogDriver {
    return new LogDriver(this.#disk, this.log.directory, options);
  }
}
