import { type Disk, DiskError, type DiskErrorCode, type DiskFile, type EntryKind, type PathStatus } from "@laminar/disk";

/** A disk and what it has taken of memory for what is written on it. */
export interface MemoryDisk extends Disk {
  readonly storageBytes: number;
}

/**
 * A disk in memory that does at once what it is asked, so that the same program makes the same calls each time, on every machine and
 * however loaded it is. Nothing of it is a model of crashes: that is the simulated disk's part, which allocates far too much here.
 * Timers never fire.
 */
export function memoryDisk(): MemoryDisk {
  let storageBytes = 0;
  const entries = new Map<string, Entry>();
  let owners = 0;
  const found = (operation: string, path: string): Entry => entries.get(path) ?? refuse("DISK_NOT_FOUND", operation, path);
  const statSync = (path: string): PathStatus | undefined => {
    const entry = entries.get(path);
    return entry && { kind: entry.kind, size: entry.length, revision: entry.kind === "file" ? `${entry.revision}` : "" };
  };
  const listSync: Disk["listSync"] = (directory) => {
    const prefix = `${directory}/`;
    return [...entries].filter(([path]) => path.startsWith(prefix) && !path.includes("/", prefix.length)).map(([path, { kind }]) => ({ name: path.slice(prefix.length), kind }));
  };
  const add = (operation: string, path: string, kind: EntryKind): Entry => {
    if (entries.has(path)) refuse("DISK_EXISTS", operation, path);
    const entry: Entry = { kind, bytes: new Uint8Array(0), length: 0, revision: 0, took: (bytes) => (storageBytes += bytes) };
    entries.set(path, entry);
    return entry;
  };
  const rename = (from: string, to: string): void => {
    const entry = found("rename", from);
    if (entry.kind === "directory" && listedIn(to)) refuse("DISK_NOT_EMPTY", "rename", from);
    const moved = [...entries].filter(([path]) => path === from || path.startsWith(`${from}/`));
    for (const [path, each] of moved) {
      entries.delete(path);
      entries.set(`${to}${path.slice(from.length)}`, each);
    }
  };
  const listedIn = (directory: string): boolean => listSync(directory).length > 0;
  return {
    get storageBytes() {
      return storageBytes;
    },
    clock: { now: () => 0, monotonic: () => 0, after: () => () => undefined },
    owners: {
      identify: async () => `owner-${++owners}`,
      judge: async () => "alive",
      takeKernelLock: async () => async () => undefined,
    },
    stat: async (path) => statSync(path),
    statSync,
    list: async (directory) => (found("list", directory), listSync(directory)),
    listSync,
    open: async (path) => openFile(path, found("open", path)),
    readSync: (path, position, target) => readFrom(found("readSync", path), position, target),
    create: async (path) => openFile(path, add("create", path, "file")),
    makeDirectory: async (path) => void add("makeDirectory", path, "directory"),
    removeDirectory: async (path) => {
      found("removeDirectory", path);
      if (listedIn(path)) refuse("DISK_NOT_EMPTY", "removeDirectory", path);
      entries.delete(path);
    },
    remove: async (path) => {
      found("remove", path);
      entries.delete(path);
    },
    rename: async (from, to) => rename(from, to),
    syncDirectory: async () => undefined,
  };
}

interface Entry {
  readonly kind: EntryKind;
  bytes: Uint8Array;
  length: number;
  revision: number;
  /** Told of memory that was taken. */
  readonly took: (bytes: number) => void;
}

function refuse(code: DiskErrorCode, operation: string, file: string): never {
  throw new DiskError(code, `${operation} ${file}`, { operation, file });
}

function openFile(path: string, entry: Entry): DiskFile {
  return {
    path,
    size: async () => entry.length,
    read: async (position, target) => readFrom(entry, position, target),
    write: async (position, source) => writeTo(entry, position, source),
    writeSync: (position, source) => writeTo(entry, position, source),
    sync: async () => undefined,
    close: async () => undefined,
  };
}

function readFrom({ bytes, length }: Entry, position: number, target: Uint8Array): number {
  const count = Math.max(0, Math.min(target.length, length - position));
  target.set(bytes.subarray(position, position + count));
  return count;
}

function writeTo(entry: Entry, position: number, source: Uint8Array): number {
  const end = position + source.length;
  if (end > entry.bytes.length) grow(entry, end);
  entry.bytes.set(source, position);
  entry.length = Math.max(entry.length, end);
  entry.revision++;
  return source.length;
}

function grow(entry: Entry, least: number): void {
  const bytes = new Uint8Array(Math.max(least, entry.bytes.length * 2));
  bytes.set(entry.bytes);
  entry.bytes = bytes;
  entry.took(bytes.length);
}
