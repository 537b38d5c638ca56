import type { Disk, DiskFile } from "@laminar/disk";

/** The same disk without its syncs: for writing what is measured afterwards, when nobody minds a power cut. */
export function unsyncedDisk(disk: Disk): Disk {
  return {
    ...disk,
    create: async (path) => unsyncedFile(await disk.create(path)),
    syncDirectory: async () => undefined,
  };
}

function unsyncedFile(file: DiskFile): DiskFile {
  return {
    path: file.path,
    size: () => file.size(),
    read: (position, target) => file.read(position, target),
    write: (position, source) => file.write(position, source),
    writeSync: (position, source) => file.writeSync(position, source),
    sync: async () => undefined,
    close: () => file.close(),
  };
}
