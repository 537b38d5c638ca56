import { type Disk, readFullySync, writeFully } from "@laminar/disk";

/** Replaces a file by one in which a bit of one byte differs. */
export async function flipBit(disk: Disk, path: string, at: number): Promise<void> {
  const bytes = new Uint8Array(disk.statSync(path)?.size ?? 0);
  readFullySync(disk, path, 0, bytes);
  bytes[at] = (bytes[at] ?? 0) ^ 4;
  await replaceFile(disk, path, bytes);
}

/** Replaces a file by one with other bytes. */
export async function replaceFile(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  await disk.remove(path);
  const file = await disk.create(path);
  await writeFully(file, 0, bytes);
  await file.close();
}
