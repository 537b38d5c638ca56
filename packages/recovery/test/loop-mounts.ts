import { execFileSync } from "node:child_process";
import { accessSync, closeSync, constants, fstatSync, mkdirSync, mkdtempSync, openSync, readSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface FileSystemOptions {
  readonly blockSize: 1024 | 4096;
  /** Comma-separated, as mount takes them. */
  readonly mountOptions: string;
}

/** A mounted ext4 whose device is a file. */
export interface LoopFileSystem {
  readonly image: string;
  readonly root: string;
}

/** The least that has room for a journal. */
const IMAGE_BYTES = { 1024: 3 << 20, 4096: 12 << 20 } as const;

/** In memory where there is such a place: whatever the devices are told to sync is then soon done. */
function scratchPlace(): string {
  try {
    accessSync("/dev/shm", constants.W_OK);
    return "/dev/shm";
  } catch {
    return tmpdir();
  }
}

function run(command: string, ...args: readonly string[]): void {
  execFileSync(command, args, { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin` } });
}

/** ext4 file systems on loop devices in one scratch directory. Nothing outside of it is touched, and `release` leaves nothing. */
export class LoopMounts {
  readonly #scratch = mkdtempSync(join(scratchPlace(), "laminar-loop-"));
  readonly #mounted = new Set<string>();
  readonly #releaseAtExit = (): void => this.release();
  #number = 0;

  constructor() {
    process.once("exit", this.#releaseAtExit);
  }

  /** Why this machine can't; `undefined` when it can. */
  static refusal(): string | undefined {
    if (process.platform !== "linux") return `there is no ext4 on ${process.platform}`;
    if (process.getuid?.() !== 0) return "only root may mount";
    const mounts = new LoopMounts();
    try {
      mounts.unmount(mounts.make({ blockSize: 1024, mountOptions: "noatime" }).root);
      return undefined;
    } catch (error) {
      return `no ext4 can be made and mounted here (${error instanceof Error ? error.message.trim().replaceAll(/\s+/g, " ") : String(error)})`;
    } finally {
      mounts.release();
    }
  }

  make({ blockSize, mountOptions }: FileSystemOptions): LoopFileSystem {
    const image = this.#path("device");
    writeFileSync(image, "");
    truncateSync(image, IMAGE_BYTES[blockSize]);
    run("mkfs.ext4", "-q", "-F", "-O", "has_journal", "-J", `size=${blockSize / 1024}`, "-b", String(blockSize), image);
    return { image, root: this.#mount(image, mountOptions) };
  }

  /** Mounts a device that holds `bytes`, which replays its journal, for as long as `look` takes. */
  async withCopy<T>(bytes: Uint8Array, look: (root: string) => Promise<T>): Promise<T> {
    const image = this.#path("copy");
    writeFileSync(image, bytes);
    const root = this.#mount(image, "noatime");
    try {
      return await look(root);
    } finally {
      this.unmount(root);
      rmSync(image);
    }
  }

  #mount(image: string, mountOptions: string): string {
    const root = this.#path("root");
    mkdirSync(root);
    // The loop device goes by itself with the mount.
    run("mount", "-t", "ext4", "-o", `loop,${mountOptions}`, image, root);
    this.#mounted.add(root);
    return root;
  }

  unmount(root: string): void {
    run("umount", root);
    this.#mounted.delete(root);
  }

  /** Whatever is mounted still, even under a process that has a file open there. */
  release(): void {
    process.off("exit", this.#releaseAtExit);
    for (const root of this.#mounted) run("umount", "--lazy", root);
    this.#mounted.clear();
    rmSync(this.#scratch, { recursive: true, force: true });
  }

  #path(name: string): string {
    this.#number += 1;
    return join(this.#scratch, `${name}-${this.#number}`);
  }
}

/** What a device holds, moment by moment, though others write there. */
export class DeviceReader {
  readonly #image: string;
  #last: Buffer = Buffer.alloc(0);

  constructor(image: string) {
    this.#image = image;
  }

  /**
   * The bytes at one moment; the very same array as before when they are the same. A reading isn't one moment, so it is done again
   * until it is equal to the one before: what is written behind the back of the first, earlier or later on the device, shows in the
   * second, and two that are equal are what was there in between.
   */
  read(): Buffer {
    for (let before = this.#last; ; before = this.#last) {
      const bytes = this.#readOnce();
      if (bytes.equals(before)) return before;
      this.#last = Buffer.from(bytes);
    }
  }

  #readOnce(): Buffer {
    const descriptor = openSync(this.#image, "r");
    try {
      const bytes = readBuffer(fstatSync(descriptor).size);
      for (let at = 0; at < bytes.length; ) at += readSync(descriptor, bytes, at, bytes.length - at, at);
      return bytes;
    } finally {
      closeSync(descriptor);
    }
  }
}

let readingSpace = Buffer.alloc(0);

/** The same memory each time: a device is read hundreds of times. */
function readBuffer(size: number): Buffer {
  if (readingSpace.length < size) readingSpace = Buffer.alloc(size);
  return readingSpace.subarray(0, size);
}
