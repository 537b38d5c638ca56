import type { Clock, Disk, DiskFile } from "@laminar/disk";

/** A disk on which calls can be held back, and that counts what happens on it. */
export interface HeldDisk extends Disk {
  /** Syncs of files that were asked for, held ones too. */
  readonly syncs: number;
  readonly writes: number;
  /** Timers of its clock that were set and have neither fired nor been called off. */
  readonly timers: number;
  /** From now on syncs, or writes that aren't synchronous, wait. */
  hold(kind: "sync" | "write"): void;
  /** Lets those that wait go on, and those to come. */
  letGo(): void;
  /** Settles when a call waits. */
  held(): Promise<void>;
}

export function holdCalls(disk: Disk): HeldDisk {
  const counts = { syncs: 0, writes: 0, timers: 0, waiting: 0 };
  let gate: { readonly kind: "sync" | "write"; readonly opened: Promise<void>; readonly open: () => void } | undefined;
  const pass = async (kind: "sync" | "write"): Promise<void> => {
    if (gate?.kind !== kind) return;
    counts.waiting++;
    await gate.opened;
    counts.waiting--;
  };
  const wrap = (file: DiskFile): DiskFile => ({
    path: file.path,
    size: () => file.size(),
    read: (position, target) => file.read(position, target),
    write: async (position, source) => {
      counts.writes++;
      await pass("write");
      return file.write(position, source);
    },
    writeSync: (position, source) => {
      counts.writes++;
      return file.writeSync(position, source);
    },
    sync: async () => {
      counts.syncs++;
      await pass("sync");
      await file.sync();
    },
    close: () => file.close(),
  });
  const clock: Clock = {
    now: () => disk.clock.now(),
    monotonic: () => disk.clock.monotonic(),
    after(milliseconds, callback) {
      counts.timers++;
      let isSet = true;
      const end = (): void => {
        if (isSet) counts.timers--;
        isSet = false;
      };
      const cancel = disk.clock.after(milliseconds, () => {
        end();
        callback();
      });
      return () => {
        end();
        cancel();
      };
    },
  };
  return {
    clock,
    owners: disk.owners,
    get syncs() {
      return counts.syncs;
    },
    get writes() {
      return counts.writes;
    },
    get timers() {
      return counts.timers;
    },
    hold(kind) {
      let open: () => void = () => undefined;
      const opened = new Promise<void>((resolve) => {
        open = resolve;
      });
      gate = { kind, opened, open };
    },
    letGo() {
      gate?.open();
      gate = undefined;
    },
    held: async () => {
      while (counts.waiting === 0) await nextTurn();
    },
    stat: (path) => disk.stat(path),
    statSync: (path) => disk.statSync(path),
    list: (path) => disk.list(path),
    listSync: (path) => disk.listSync(path),
    readSync: (path, position, target) => disk.readSync(path, position, target),
    open: (path) => disk.open(path),
    create: async (path) => wrap(await disk.create(path)),
    makeDirectory: (path) => disk.makeDirectory(path),
    removeDirectory: (path) => disk.removeDirectory(path),
    remove: (path) => disk.remove(path),
    rename: (from, to) => disk.rename(from, to),
    syncDirectory: (path) => disk.syncDirectory(path),
  };
}

/** One turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
