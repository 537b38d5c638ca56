import * as fs from "node:fs";
import { checkBytes, checkPosition } from "./argument-checks.ts";
import { DiskError } from "./disk-error.ts";
import type { DiskFile } from "./disk.ts";
import { closedError } from "./errno.ts";
import { call, callSync, type Callback } from "./node-call.ts";
import { transferMax } from "./platform.ts";

export interface OpenedFile {
  readonly path: string;
  readonly descriptor: number;
  readonly access: "read" | "write";
  readonly contentSync: "fdatasync" | "fsync";
}

/** A `DiskFile` on an integer descriptor. */
export class NodeFile implements DiskFile {
  readonly path: string;
  readonly #opened: OpenedFile;
  #running = 0;
  #closing: Promise<void> | undefined;
  #lastEnded: (() => void) | undefined;

  constructor(opened: OpenedFile) {
    this.path = opened.path;
    this.#opened = opened;
  }

  size(): Promise<number> {
    return this.#run<fs.Stats>("size", (descriptor, done) => fs.fstat(descriptor, done)).then((stats) => stats.size);
  }

  async read(position: number, target: Uint8Array): Promise<number> {
    checkPosition(position);
    checkBytes("The target of a read", target);
    const length = Math.min(target.length, transferMax);
    return this.#run("read", (descriptor, done) => fs.read(descriptor, target, 0, length, position, done));
  }

  async write(position: number, source: Uint8Array): Promise<number> {
    this.#checkWrite("write", position, source);
    if (source.length === 0) return 0;
    const length = Math.min(source.length, transferMax);
    const start = (descriptor: number, done: Callback<number>): void =>
      fs.write(descriptor, source, 0, length, position, done);
    return this.#taken("write", await this.#run("write", start));
  }

  writeSync(position: number, source: Uint8Array): number {
    this.#checkWrite("writeSync", position, source);
    if (this.#closing !== undefined) throw closedError("writeSync", this.path);
    if (source.length === 0) return 0;
    const length = Math.min(source.length, transferMax);
    const write = (): number => fs.writeSync(this.#opened.descriptor, source, 0, length, position);
    return this.#taken("writeSync", callSync("writeSync", this.path, write));
  }

  sync(): Promise<void> {
    const sync = this.#opened.contentSync === "fdatasync" ? fs.fdatasync : fs.fsync;
    return this.#run("sync", (descriptor, done) => sync(descriptor, done));
  }

  syncNow(): void {
    if (this.#closing !== undefined) throw closedError("syncNow", this.path);
    const sync = this.#opened.contentSync === "fdatasync" ? fs.fdatasyncSync : fs.fsyncSync;
    callSync("syncNow", this.path, () => sync(this.#opened.descriptor));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // A descriptor that is closed under a running call may be given to another file before that call gets to it.
    if (this.#running > 0) {
      await new Promise<void>((resolve) => {
        this.#lastEnded = resolve;
      });
    }
    await call<void>("close", this.path, (done) => fs.close(this.#opened.descriptor, done));
  }

  #run<T>(operation: string, start: (descriptor: number, done: Callback<T>) => void): Promise<T> {
    if (this.#closing !== undefined) return Promise.reject(closedError(operation, this.path));
    return call<T>(operation, this.path, (done) => {
      start(this.#opened.descriptor, (error, value) => {
        this.#running -= 1;
        if (this.#running === 0) this.#lastEnded?.();
        done(error, value);
      });
      // Counted after the start: it throws for a wrong argument, and no callback comes before this function returns.
      this.#running += 1;
    });
  }

  #checkWrite(operation: string, position: number, source: Uint8Array): void {
    checkPosition(position);
    checkBytes("The source of a write", source);
    if (this.#opened.access === "write") return;
    const message = `${operation} ${JSON.stringify(this.path)}: it was opened for reading. Only a created file takes writes.`;
    throw new DiskError("DISK_PERMISSION", message, { operation, file: this.path });
  }

  #taken(operation: string, bytes: number): number {
    /* v8 ignore else -- No file system that a test can have takes no byte. */
    if (bytes > 0) return bytes;
    const message = `${operation} ${JSON.stringify(this.path)}: the file system took no byte and gave no reason.`;
    throw new DiskError("DISK_IO", message, { operation, file: this.path });
  }
}
