import { checkBytes, checkPosition } from "../argument-checks.ts";
import type { DiskFile } from "../disk.ts";
import { DiskError } from "../disk-error.ts";
import { closedError, diskErrorFor } from "../errno.ts";
import type { FileNode } from "./file-node.ts";
import type { Fault, OperationKind } from "./simulated-disk.ts";
import type { Volume } from "./volume.ts";

/** One call of a program, as the trace shows it. */
export interface Call {
  readonly kind: OperationKind;
  readonly path: string;
  readonly target?: string | undefined;
  readonly position?: number | undefined;
  readonly length?: number | undefined;
}

export interface Effect<T> {
  /** Does it. A fault given here is one that doesn't fail the call. */
  run(fault: Fault | undefined): T;
  /** What a planned failure changes all the same. */
  fail?(): void;
}

/** The process that has a file open. */
export interface FileOwner {
  readonly volume: Volume;
  /** `handle` stands for the open file that the call is made on. */
  perform<T>(call: Call, effect: Effect<T>, handle?: object): Promise<T>;
  performSync<T>(call: Call, effect: Effect<T>, operation: string): T;
  closed(file: SimulatedFile): void;
}

/** The most bytes of one file: a position far out would take memory for every sector before it. */
const fileSizeMax = 1 << 30;

export class SimulatedFile implements DiskFile {
  readonly path: string;
  readonly #owner: FileOwner;
  readonly #node: FileNode;
  readonly #access: "read" | "write";
  #closing: Promise<void> | undefined;

  constructor(owner: FileOwner, path: string, node: FileNode, access: "read" | "write") {
    this.path = path;
    this.#owner = owner;
    this.#node = node;
    this.#access = access;
  }

  async size(): Promise<number> {
    this.#checkOpen("size");
    return this.#owner.perform({ kind: "size", path: this.path }, { run: () => this.#node.size }, this);
  }

  async read(position: number, target: Uint8Array): Promise<number> {
    checkPosition(position);
    checkBytes("The target of a read", target);
    this.#checkOpen("read");
    return this.#owner.perform({ kind: "read", path: this.path, position, length: target.length }, {
      run: (fault) => this.#node.read(position, target.subarray(0, shortened(target.length, fault))),
    }, this);
  }

  async write(position: number, source: Uint8Array): Promise<number> {
    this.#checkWrite("write", position, source);
    if (source.length === 0) return 0;
    return this.#owner.perform(this.#writeCall(position, source), {
      run: (fault) => this.#write("write", position, source, fault),
    }, this);
  }

  writeSync(position: number, source: Uint8Array): number {
    this.#checkWrite("writeSync", position, source);
    if (source.length === 0) return 0;
    const run = (fault: Fault | undefined): number => this.#write("writeSync", position, source, fault);
    return this.#owner.performSync(this.#writeCall(position, source), { run }, "writeSync");
  }

  async sync(): Promise<void> {
    this.#checkOpen("sync");
    return this.#owner.perform(this.#syncCall(), this.#syncEffect(), this);
  }

  syncNow(): void {
    this.#checkOpen("syncNow");
    this.#owner.performSync(this.#syncCall(), this.#syncEffect(), "syncNow");
  }

  close(): Promise<void> {
    const free = (): void => this.#free();
    this.#closing ??= this.#owner.perform({ kind: "close", path: this.path }, { run: free, fail: free }, this);
    return this.#closing;
  }

  /** The end of its process. */
  abandon(): void {
    this.#closing ??= Promise.resolve();
    this.#free();
  }

  #free(): void {
    this.#owner.volume.close(this.#node);
    this.#owner.closed(this);
  }

  #writeCall(position: number, source: Uint8Array): Call {
    return { kind: "write", path: this.path, position, length: source.length };
  }

  #syncCall(): Call {
    return { kind: "sync", path: this.path };
  }

  /** Of the writes until now: later ones aren't covered, whenever it takes effect. */
  #syncEffect(): Effect<void> {
    const point = this.#node.syncPoint();
    return {
      run: (fault) => {
        if (fault?.kind !== "lie") this.#node.sync(point);
      },
      fail: () => this.#node.failSync(),
    };
  }

  #write(operation: string, position: number, source: Uint8Array, fault: Fault | undefined): number {
    const asked = shortened(source.length, fault);
    if (position + asked > fileSizeMax) throw diskErrorFor(operation, this.path, "EFBIG");
    const taken = this.#owner.volume.takeSpace(operation, this.path, this.#node, position, asked);
    this.#owner.volume.write(this.#node, position, source.subarray(0, taken));
    return taken;
  }

  #checkOpen(operation: string): void {
    if (this.#closing !== undefined) throw closedError(operation, this.path);
  }

  #checkWrite(operation: string, position: number, source: Uint8Array): void {
    checkPosition(position);
    checkBytes("The source of a write", source);
    this.#checkOpen(operation);
    if (this.#access === "write") return;
    const message = `${operation} ${JSON.stringify(this.path)}: the file was opened for reading only.`;
    throw new DiskError("DISK_PERMISSION", message, { operation, file: this.path });
  }
}

/** The bytes of a transfer of `length` that a planned fault leaves of it. */
export function shortened(length: number, fault: Fault | undefined): number {
  return fault?.kind === "short" ? Math.min(length, fault.bytes) : length;
}
