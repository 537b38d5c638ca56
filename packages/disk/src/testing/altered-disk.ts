import { join, sep } from "node:path";
import type { Disk, DiskFile } from "../disk.ts";
import { readFully, writeFully } from "../transfer.ts";
import { AlteredCalls, type Alteration, type ChangingCall } from "./altered-calls.ts";

/**
 * `disk`, on which a program's calls are altered one by one: the test of the tests. `alter` is asked about each call that
 * changes something or makes it durable, when it is made, and sees by its stack where in the program that is. If a barrier (a
 * sync, a rename, an order) can be left out there and no test of the program fails, then either nothing needs the barrier or
 * something isn't tested:
 *
 * ```ts
 * const withoutIt = alteredDisk(disk, ({ kind, stack }) => (kind === "sync" && stack.includes("saveOrder") ? "left out" : undefined));
 * ```
 *
 * Reads, and looks at names, see what has taken effect; a name that a held call changes is looked at after that took effect. The
 * calls that look at once (`statSync`, `listSync`, `readSync`) go past all of this.
 */
export function alteredDisk(disk: Disk, alter: (call: ChangingCall) => Alteration | undefined): Disk {
  return new AlteredDisk(disk, new AlteredCalls(alter));
}

/** Deep enough for the way from a call to whoever it is made for. */
const FRAMES = 24;
/** The line of the message, this function, the method that was called. */
const LINES_ABOVE = 3;

function stackHere(): string {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = FRAMES;
  const { stack = "" } = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  return stack.split("\n").slice(LINES_ABOVE).join("\n");
}

const nothing = { value: undefined } as const;

class AlteredDisk implements Disk {
  readonly clock: Disk["clock"];
  readonly owners: Disk["owners"];
  readonly #disk: Disk;
  readonly #calls: AlteredCalls;
  readonly #created: Set<AlteredFile> = new Set();
  readonly #renames: { readonly from: string; readonly to: string }[] = [];

  constructor(disk: Disk, calls: AlteredCalls) {
    this.clock = disk.clock;
    this.owners = disk.owners;
    this.#disk = disk;
    this.#calls = calls;
  }

  stat(path: string): ReturnType<Disk["stat"]> {
    return this.#calls.look(path, () => this.#disk.stat(path));
  }

  statSync(path: string): ReturnType<Disk["statSync"]> {
    return this.#disk.statSync(path);
  }

  list(directory: string): ReturnType<Disk["list"]> {
    return this.#calls.look(directory, () => this.#disk.list(directory));
  }

  listSync(directory: string): ReturnType<Disk["listSync"]> {
    return this.#disk.listSync(directory);
  }

  open(path: string): Promise<DiskFile> {
    return this.#calls.look(path, () => this.#disk.open(path));
  }

  readSync(path: string, position: number, target: Uint8Array): number {
    return this.#disk.readSync(path, position, target);
  }

  create(path: string): Promise<DiskFile> {
    const call: ChangingCall = { kind: "create", path, stack: stackHere() };
    const run = async (): Promise<DiskFile> => {
      const file = new AlteredFile(await this.#disk.create(path), this.#calls, () => this.#created.delete(file));
      this.#created.add(file);
      return file;
    };
    return this.#calls.perform(call, { run });
  }

  makeDirectory(path: string): Promise<void> {
    return this.#calls.perform({ kind: "makeDirectory", path, stack: stackHere() }, { run: () => this.#disk.makeDirectory(path), answer: nothing });
  }

  removeDirectory(path: string): Promise<void> {
    return this.#calls.perform({ kind: "removeDirectory", path, stack: stackHere() }, { run: () => this.#disk.removeDirectory(path), answer: nothing });
  }

  remove(path: string): Promise<void> {
    return this.#calls.perform({ kind: "remove", path, stack: stackHere() }, { run: () => this.#disk.remove(path), answer: nothing });
  }

  rename(from: string, to: string): Promise<void> {
    const run = (): Promise<void> => {
      this.#renames.push({ from, to });
      return this.#disk.rename(from, to);
    };
    const effect = { run, takeApart: () => this.#renameInSteps(from, to), answer: nothing };
    return this.#calls.perform({ kind: "rename", path: from, target: to, stack: stackHere() }, effect);
  }

  syncDirectory(path: string): Promise<void> {
    // One that is held is a sync of the same directory, wherever that was moved meanwhile.
    const before = this.#renames.length;
    const run = (): Promise<void> => this.#disk.syncDirectory(this.#renames.slice(before).reduce(moved, path));
    return this.#calls.perform({ kind: "syncDirectory", path, stack: stackHere() }, { run, answer: nothing });
  }

  /** As a program does it that builds under the final name: first there is nothing of it, in the end all. */
  async #renameInSteps(from: string, to: string): Promise<void> {
    const status = await this.#disk.stat(from);
    if (status?.kind === "directory") {
      if ((await this.#disk.stat(to)) === undefined) await this.#disk.makeDirectory(to);
      for (const { name } of await this.#disk.list(from)) await this.#disk.rename(join(from, name), join(to, name));
      return this.#disk.removeDirectory(from);
    }
    if (status === undefined) return this.#disk.rename(from, to);
    if ((await this.#disk.stat(to)) !== undefined) await this.#disk.remove(to);
    const copy = await this.#disk.create(to);
    await writeFully(copy, 0, await contentOf(this.#disk, from, status.size));
    await copy.sync();
    await this.#disk.remove(from);
    const open = [...this.#created].find(({ path }) => path === from);
    await (open === undefined ? copy.close() : open.goOnWith(copy));
  }
}

function moved(path: string, { from, to }: { readonly from: string; readonly to: string }): string {
  return path === from || path.startsWith(from + sep) ? to + path.slice(from.length) : path;
}

async function contentOf(disk: Disk, path: string, size: number): Promise<Uint8Array> {
  const file = await disk.open(path);
  try {
    const bytes = new Uint8Array(size);
    return bytes.subarray(0, await readFully(file, 0, bytes));
  } finally {
    await file.close();
  }
}

class AlteredFile implements DiskFile {
  readonly path: string;
  #file: DiskFile;
  readonly #calls: AlteredCalls;
  readonly #closed: () => void;

  constructor(file: DiskFile, calls: AlteredCalls, closed: () => void) {
    this.path = file.path;
    this.#file = file;
    this.#calls = calls;
    this.#closed = closed;
  }

  size(): Promise<number> {
    return this.#file.size();
  }

  read(position: number, target: Uint8Array): Promise<number> {
    return this.#file.read(position, target);
  }

  write(position: number, source: Uint8Array): Promise<number> {
    let bytes = source;
    const effect = { run: () => this.#file.write(position, bytes), answer: { value: source.length } };
    const taken = this.#calls.perform({ kind: "write", path: this.path, stack: stackHere() }, effect);
    // The caller may use its bytes again before a write that is held takes effect.
    bytes = source.slice();
    return taken;
  }

  writeSync(position: number, source: Uint8Array): number {
    let bytes = source;
    const taken = this.#calls.performAtOnce({ kind: "write", path: this.path, stack: stackHere() }, () => this.#file.writeSync(position, bytes), source.length);
    bytes = source.slice();
    return taken;
  }

  sync(): Promise<void> {
    return this.#calls.perform({ kind: "sync", path: this.path, stack: stackHere() }, { run: () => this.#file.sync(), answer: nothing });
  }

  close(): Promise<void> {
    this.#closed();
    return this.#calls.free(() => this.#file.close());
  }

  /** Its name leads to another file now. */
  async goOnWith(file: DiskFile): Promise<void> {
    const before = this.#file;
    this.#file = file;
    await before.close();
  }
}
