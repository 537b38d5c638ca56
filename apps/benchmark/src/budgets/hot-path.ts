import type { Disk } from "@laminar/disk";

/** Work whose cost an operation is measured. */
export interface HotPath {
  readonly name: string;
  /** What one operation is. */
  readonly per: string;
  /** How many are weighed; twice as many for the difference. */
  readonly operations: number;
  /** Makes everything ready for so many operations, and gives the work that does them and nothing else. */
  prepare(disk: Disk, operations: number): Promise<() => unknown>;
}
