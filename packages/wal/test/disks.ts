import { type Disk, nodeDisk } from "../src/index.ts";

const refuse = (what: string) => (): never => {
  throw new Error(`${what} was called`);
};

/** The real disk, on which nothing can be changed. */
export const readOnlyDisk: Disk = {
  ...nodeDisk,
  create: refuse("create"),
  makeDirectory: refuse("makeDirectory"),
  removeDirectory: refuse("removeDirectory"),
  remove: refuse("remove"),
  rename: refuse("rename"),
  syncDirectory: refuse("syncDirectory"),
  open: async (path) => {
    const file = await nodeDisk.open(path);
    return {
      path: file.path,
      size: () => file.size(),
      read: (position, target) => file.read(position, target),
      close: () => file.close(),
      write: refuse("write"),
      writeSync: refuse("writeSync"),
      sync: refuse("sync"),
    };
  },
};

/** The read-only disk, which counts the files that are open and hands what is read to `change` first. */
export function watchedDisk(change: (path: string, position: number, bytes: Uint8Array) => void = () => undefined): { readonly disk: Disk; readonly open: () => number } {
  let open = 0;
  const disk: Disk = {
    ...readOnlyDisk,
    readSync: (path, position, target) => {
      const got = readOnlyDisk.readSync(path, position, target);
      change(path, position, target.subarray(0, got));
      return got;
    },
    open: async (path) => {
      const file = await readOnlyDisk.open(path);
      open++;
      return {
        ...file,
        read: async (position, target) => {
          const got = await file.read(position, target);
          change(path, position, target.subarray(0, got));
          return got;
        },
        close: async () => {
          open--;
          await file.close();
        },
      };
    },
  };
  return { disk, open: () => open };
}
