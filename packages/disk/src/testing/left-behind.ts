import type { DiskImage } from "./simulated-disk.ts";
import { sectorSize } from "./sector.ts";

/** What a crash left, where it differs from what programs saw, a line for each file. */
export function leftBehind(image: DiskImage, seen: DiskImage): string {
  const lines = [...new Set([...seen.files.keys(), ...image.files.keys()])].sort().flatMap((path) => {
    const difference = fileDifference(image.files.get(path), seen.files.get(path));
    return difference === undefined ? [] : [`${path}: ${difference}`];
  });
  const missing = [...seen.directories].filter((path) => !image.directories.has(path));
  return [...missing.map((path) => `${path}: the directory is missing`), ...lines].join("\n") || "everything";
}

function fileDifference(left: Uint8Array | undefined, seen: Uint8Array | undefined): string | undefined {
  if (left === undefined) return "missing";
  if (seen === undefined) return "there again";
  const size = left.length === seen.length ? undefined : `${left.length} of ${seen.length} bytes`;
  const sectors = staleSectors(left, seen);
  const stale = sectors.length === 0 ? undefined : `sector ${sectors.join(", ")} as before`;
  return size === undefined ? stale : stale === undefined ? size : `${size}, ${stale}`;
}

/** The sectors within both that differ. */
function staleSectors(left: Uint8Array, seen: Uint8Array): readonly number[] {
  const stale: number[] = [];
  const common = Math.min(left.length, seen.length);
  for (let at = 0; at < common; at += sectorSize) {
    const end = Math.min(at + sectorSize, common);
    if (!seen.subarray(at, end).every((byte, index) => byte === left[at + index])) stale.push(at / sectorSize);
  }
  return stale;
}
