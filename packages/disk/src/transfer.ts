import { checkBytes, checkPosition } from "./argument-checks.ts";
import type { Disk, DiskFile } from "./disk.ts";

/**
 * Reads until `target` is full or the file ends; resolves to the bytes read, which are less than `target.length` only at
 * the end of the file. Rejects with the `DiskError` of the read that failed.
 */
export async function readFully(file: DiskFile, position: number, target: Uint8Array): Promise<number> {
  checkBytes("The target of a read", target);
  checkPosition(position);
  let got = 0;
  while (got < target.length) {
    const bytes = await file.read(position + got, got === 0 ? target : target.subarray(got));
    if (bytes === 0) break;
    got += bytes;
  }
  return got;
}

/**
 * The same at once, of the file at `path`. Every part is read from the file that has the name at that moment: nobody may
 * replace it meanwhile.
 */
export function readFullySync(disk: Pick<Disk, "readSync">, path: string, position: number, target: Uint8Array): number {
  checkBytes("The target of a read", target);
  checkPosition(position);
  let got = 0;
  while (got < target.length) {
    const bytes = disk.readSync(path, position + got, got === 0 ? target : target.subarray(got));
    if (bytes === 0) break;
    got += bytes;
  }
  return got;
}

/**
 * Writes all of `source`, which must not change before the promise settles. Nothing is durable. After a failure any part of
 * the range may have been written.
 */
export async function writeFully(file: DiskFile, position: number, source: Uint8Array): Promise<void> {
  checkBytes("The source of a write", source);
  checkPosition(position);
  let taken = 0;
  while (taken < source.length) {
    taken += await file.write(position + taken, taken === 0 ? source : source.subarray(taken));
  }
}

/** The same at once, on the calling thread. */
export function writeFullySync(file: DiskFile, position: number, source: Uint8Array): void {
  checkBytes("The source of a write", source);
  checkPosition(position);
  let taken = 0;
  while (taken < source.length) {
    taken += file.writeSync(position + taken, taken === 0 ? source : source.subarray(taken));
  }
}
