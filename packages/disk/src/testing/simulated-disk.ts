import type { Disk } from "../disk.ts";

/** What an operation of the disk is called in a trace: the port's method, or the file's. */
export type OperationKind =
  | "stat" | "list" | "open" | "create" | "makeDirectory" | "removeDirectory" | "remove" | "rename" | "syncDirectory"
  | "size" | "read" | "write" | "sync" | "close";

/** One operation, in the order in which operations took effect. */
export interface Operation {
  /** Counts from 0 over the whole life of one simulated disk. */
  readonly index: number;
  readonly kind: OperationKind;
  readonly path: string;
  /** The new name of a rename. */
  readonly target?: string | undefined;
  /** Bytes and position of a read or write. */
  readonly position?: number | undefined;
  readonly length?: number | undefined;
}

/** What a planned fault does to the operation it hits. */
export type Fault =
  /** Fails and changes nothing. A failed sync leaves its sectors unsynced for good, though a later sync may say yes. */
  | { readonly kind: "error"; readonly errno: string }
  /** A read or write that transfers only `bytes` of what was asked (at least 1). */
  | { readonly kind: "short"; readonly bytes: number }
  /** A sync that says yes and does nothing. */
  | { readonly kind: "lie" };

/** Which of the many orders is run. */
export interface InterleavingOptions {
  /**
   * Whole number that decides about the order.
   * @default 1
   */
  readonly seed?: number | undefined;
  /**
   * Milliseconds of the machine's time that the program may take. One that hangs beside something that looks again and again
   * never comes to rest, and is found by this.
   * @default 600_000
   */
  readonly timeLimit?: number | undefined;
}

/**
 * A file system in memory that keeps what programs see (the page cache) apart from what is durable, per 512-byte sector of
 * a file and per entry of a directory, so that a test can ask what a power cut would leave.
 */
export interface SimulatedDisk extends Disk {
  /** Everything that was done, in order. */
  readonly operations: readonly Operation[];
  /** Handles that are open now: a test that ends with one above its start has a leak. */
  readonly openFiles: number;
  /**
   * Calls `observe` before each operation takes effect, on the state before it: the place to take images from. It must not
   * call the disk's own methods. Returns a function that ends it.
   */
  beforeEach(observe: (operation: Operation) => void): () => void;
  /** Decides about each operation before it takes effect: a fault, or `undefined` to let it pass. One plan at a time. */
  plan(decide: ((operation: Operation) => Fault | undefined) | undefined): void;
  /**
   * Limits the bytes that files may hold in all: what exceeds it is written in part, then fails with ENOSPC. Holds for the
   * disk's other processes too, not for one that is mounted from an image.
   */
  limitSpace(bytes: number): void;
  /**
   * Lets time pass, which stands still otherwise: calls the timers that come due, each at its own time, before it returns.
   */
  advance(milliseconds: number): void;
  /**
   * Runs a program that does several things at once, on this process and the machine's others, in one of the orders that a
   * real machine could take. A call waits until nothing else can run, and then one of all that wait takes effect, which
   * `seed` chooses: calls of one process change places too, only a close stays behind the calls on its handle. `…Sync` calls
   * take effect at once. Each call takes up to 2 ms of the machine's time; a timer that is due is one more that waits; and
   * when nothing waits, time goes on to the next timer.
   *
   * Settles with the program. Rejects with a `StuckError`, which shows the last operations, when the program is stuck: nothing
   * of it can run, no timer is set, and it hasn't settled; or it takes longer than `timeLimit`. Equal seeds give equal orders,
   * provided that the program awaits nothing but calls of this machine, its clock and turns of the event loop
   * (`setImmediate`): real timers, files and threads are not waited for.
   *
   * ```ts
   * for (let seed = 1; seed <= 500; seed++) {
   *   const disk = createSimulatedDisk();
   *   const other = disk.anotherProcess();
   *   await disk.runInterleaved(() => Promise.all([writer(disk), reader(other)]), { seed });
   * }
   * ```
   *
   * One program at a time on a machine; a second one is refused. Observers, faults, images and {@link kill} work as ever; an
   * image that is mounted is a machine of its own, with calls that don't wait. What still waits when the program settles
   * takes effect then, in the order of the calls.
   */
  runInterleaved<T>(program: () => Promise<T>, options?: InterleavingOptions): Promise<T>;
  /**
   * A second process that runs on the same machine: the same files, clock and space, an identity, handles, trace, observers
   * and faults of its own.
   */
  anotherProcess(): SimulatedDisk;
  /**
   * Ends this process and leaves the machine's others running: its handles are freed, calls that have not taken effect and
   * all later ones fail with `DISK_CLOSED`, and its locks' owner is dead. An observer may call it: the operation that it sees
   * is then the first that isn't done.
   */
  kill(): void;
  /** The state that is left when all processes are killed: all that was written is seen, synced or not. */
  killed(): DiskImage;
  /**
   * The states that a power cut at this moment may leave, each content once: every combination of unsynced units when these
   * are no more than `limit` states (1024 if not given), otherwise none, all, each alone, each missing, prefixes, and samples
   * by `seed`, at most `limit`. It is of this moment: it may be gone through later, and more than once.
   */
  powerCuts(options?: { readonly limit?: number | undefined; readonly seed?: number | undefined }): Iterable<DiskImage>;
}

/** A state of the whole disk, immutable and cheap to keep. */
export interface DiskImage {
  /** Content of each file by path, as programs see it. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly directories: ReadonlySet<string>;
  /** Equal for equal content: 16 hexadecimal digits. */
  readonly hash: string;
  /** The same of those paths alone for which `isPart` says yes: all without a lock's entries, say. */
  hashOf(isPart: (path: string) => boolean): string;
  /**
   * A disk that starts from this image: a new boot after a power cut (all owners before it are dead), the same boot after a
   * kill (unsynced sectors and entries are still unsynced).
   */
  mount(): SimulatedDisk;
}
