import { type Settings, standardSettings } from "../settings.ts";

/** The row of `anchors`. */
export const anchorRow = "anchor";

/**
 * The reference implementation in Rust can't run here. These are the numbers that were measured of it once, on another machine of
 * two cores, with keys of 16 bytes and values of 100; on that machine two contestants of this benchmark gave what `anchors` says.
 */
export const referenceNumbers = {
  name: "Rust reference (published, another machine)",
  appendPerSecond: 1_800_000,
  bytesPerEntry: 160,
  /** Reading, 0.75 s, and applying to a map, 0.60 s, of its workload: 1,000,000 puts and 100,000 deletes. Its peak was 266 MiB. */
  recoverSeconds: 1.35,
  recoverPeakBytes: 278_921_216,
  /** Of a million entries, synced, not verified. */
  checkpointMs: 260,
  /** Of a million entries, into a list. */
  loadMs: 310,
  anchors: { lmdb: 530_000, floor: 6_090_000 },
} as const;

/** Whether the numbers are about what a run measures. */
export function isReferenceWork({ entries, keyBytes, valueBytes }: Settings): boolean {
  return entries === standardSettings.entries && keyBytes === standardSettings.keyBytes && valueBytes === standardSettings.valueBytes;
}
