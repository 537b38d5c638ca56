import { checkBytes, checkPosition } from "../argument-checks.ts";
import type { Clock } from "../clock.ts";
import type { DirectoryEntry, DiskFile, PathStatus } from "../disk.ts";
import { DiskError } from "../disk-error.ts";
import { diskErrorFor } from "../errno.ts";
import type { Owners } from "../owners.ts";
import { killedImage, type Start } from "./disk-image.ts";
import type { FileNode } from "./file-node.ts";
import type { Machine } from "./machine.ts";
import { OperationTrace } from "./operation-trace.ts";
import { powerCutImages } from "./power-cuts.ts";
import type { DiskImage, Fault, InterleavingOptions, Operation, SimulatedDisk } from "./simulated-disk.ts";
import { type Call, type Effect, type FileOwner, shortened, SimulatedFile } from "./simulated-file.ts";
import { UnsyncedState } from "./unsynced-state.ts";
import { plainPath } from "./volume-path.ts";
import type { Volume } from "./volume.ts";

const limitDefault = 1024;
const seedDefault = 1;
const timeLimitDefault = 600_000;

/** A simulated disk as one process of a machine sees it. */
export class SimulatedProcess implements SimulatedDisk, FileOwner {
  readonly volume: Volume;
  readonly clock: Clock;
  readonly owners: Owners;
  readonly #machine: Machine;
  readonly #number: number;
  readonly #trace: OperationTrace = new OperationTrace();
  readonly #files: Set<SimulatedFile> = new Set();
  #isKilled = false;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#number = machine.startProcess();
    this.volume = machine.volume;
    this.clock = machine.clock;
    this.owners = machine.ownersFor(this.#number);
  }

  get operations(): readonly Operation[] {
    return this.#trace.operations;
  }

  get openFiles(): number {
    return this.#files.size;
  }

  beforeEach(observe: (operation: Operation) => void): () => void {
    return this.#trace.beforeEach(observe);
  }

  plan(decide: ((operation: Operation) => Fault | undefined) | undefined): void {
    this.#trace.plan(decide);
  }

  limitSpace(bytes: number): void {
    if (!(bytes >= 0)) throw new RangeError(`The space of a disk is 0 bytes or more, not ${bytes}.`);
    this.volume.limitSpace(bytes);
  }

  advance(milliseconds: number): void {
    this.#machine.clock.advance(milliseconds);
  }

  async runInterleaved<T>(program: () => Promise<T>, options: InterleavingOptions = {}): Promise<T> {
    const { seed = seedDefault, timeLimit = timeLimitDefault } = options;
    if (typeof program !== "function") throw new TypeError("The program to run is a function.");
    if (!Number.isSafeInteger(seed)) throw new RangeError(`A seed is a whole number, not ${seed}.`);
    if (!(timeLimit >= 0)) throw new RangeError(`A limit of time is 0 ms or more, not ${timeLimit}.`);
    return this.#machine.runInterleaved(program, { seed, timeLimit });
  }

  anotherProcess(): SimulatedDisk {
    return new SimulatedProcess(this.#machine);
  }

  kill(): void {
    this.#isKilled = true;
    this.#machine.endProcess(this.#number);
    for (const file of this.#files) file.abandon();
  }

  killed(): DiskImage {
    return killedImage(this.volume, startOn(this.#machine.afterKill()));
  }

  powerCuts(options: { readonly limit?: number | undefined; readonly seed?: number | undefined } = {}): Iterable<DiskImage> {
    const { limit = limitDefault, seed = seedDefault } = options;
    if (!Number.isSafeInteger(limit) || limit < 1) {
      throw new RangeError(`A limit of images is a whole number from 1, not ${limit}.`);
    }
    const unsynced = new UnsyncedState(this.volume);
    const start = startOn(this.#machine.afterPowerCut());
    return { [Symbol.iterator]: () => powerCutImages(unsynced, { limit, seed }, start) };
  }

  stat(path: string): Promise<PathStatus | undefined> {
    return this.perform({ kind: "stat", path }, { run: () => this.volume.stat("stat", path) });
  }

  statSync(path: string): PathStatus | undefined {
    return this.performSync({ kind: "stat", path }, { run: () => this.volume.stat("statSync", path) }, "statSync");
  }

  list(directory: string): Promise<readonly DirectoryEntry[]> {
    return this.perform({ kind: "list", path: directory }, { run: () => this.volume.list("list", directory) });
  }

  listSync(directory: string): readonly DirectoryEntry[] {
    const run = (): readonly DirectoryEntry[] => this.volume.list("listSync", directory);
    return this.performSync({ kind: "list", path: directory }, { run }, "listSync");
  }

  open(path: string): Promise<DiskFile> {
    return this.perform({ kind: "open", path }, { run: () => this.#opened(path, this.volume.open(path), "read") });
  }

  readSync(path: string, position: number, target: Uint8Array): number {
    checkPosition(position);
    checkBytes("The target of a read", target);
    const run = (fault: Fault | undefined): number =>
      this.volume.file("readSync", path).read(position, target.subarray(0, shortened(target.length, fault)));
    return this.performSync({ kind: "read", path, position, length: target.length }, { run }, "readSync");
  }

  create(path: string): Promise<DiskFile> {
    return this.perform({ kind: "create", path }, { run: () => this.#opened(path, this.volume.create(path), "write") });
  }

  makeDirectory(path: string): Promise<void> {
    return this.perform({ kind: "makeDirectory", path }, { run: () => this.volume.makeDirectory(path) });
  }

  removeDirectory(path: string): Promise<void> {
    return this.perform({ kind: "removeDirectory", path }, { run: () => this.volume.removeDirectory(path) });
  }

  remove(path: string): Promise<void> {
    return this.perform({ kind: "remove", path }, { run: () => this.volume.remove(path) });
  }

  rename(from: string, to: string): Promise<void> {
    return this.perform({ kind: "rename", path: from, target: to }, { run: () => this.volume.rename(from, to) });
  }

  syncDirectory(path: string): Promise<void> {
    const { changes } = this.volume;
    return this.perform({ kind: "syncDirectory", path }, {
      run: (fault) => (fault?.kind === "lie" ? this.volume.checkDirectory(path) : this.volume.syncDirectory(path, changes)),
      fail: () => this.volume.failSyncDirectory(path),
    });
  }

  async perform<T>(call: Call, effect: Effect<T>, handle?: object): Promise<T> {
    this.#checkAlive(call.kind, call.path);
    // A caller that goes on without awaiting, or changes what it handed over, finds out.
    await this.#machine.turnOf(call.kind, handle);
    return this.performSync(call, effect, call.kind);
  }

  performSync<T>(call: Call, effect: Effect<T>, operation: string): T {
    this.#checkAlive(operation, call.path);
    const target = call.target === undefined ? undefined : plainPath(call.target);
    const { operation: begun, fault } = this.#trace.begin({ ...call, path: plainPath(call.path), ...(target !== undefined && { target }) });
    this.#checkAlive(operation, call.path);
    this.#machine.note(this.#number, begun);
    if (fault?.kind !== "error") return effect.run(fault);
    effect.fail?.();
    throw diskErrorFor(operation, call.path, fault.errno);
  }

  closed(file: SimulatedFile): void {
    this.#files.delete(file);
  }

  #opened(path: string, node: FileNode, access: "read" | "write"): DiskFile {
    const file = new SimulatedFile(this, path, node, access);
    this.#files.add(file);
    return file;
  }

  #checkAlive(operation: string, file: string): void {
    if (!this.#isKilled) return;
    const message = `${operation} ${JSON.stringify(file)}: this process was killed.`;
    throw new DiskError("DISK_CLOSED", message, { operation, file });
  }
}

/** What starts a first process on a machine that `machineOf` builds around a volume. */
export function startOn(machineOf: (volume: Volume) => Machine): Start {
  return (volume) => new SimulatedProcess(machineOf(volume));
}
