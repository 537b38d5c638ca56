import type { Disk, Owners } from "@laminar/disk";
import type { Operation } from "@laminar/disk/testing";

export interface Repetition {
  readonly before?: ((operation: Omit<Operation, "index">) => void) | undefined;
  readonly owners?: Owners | undefined;
}

export function seedIdentities(seed: number): () => void;
export function repeatable(disk: Disk, repetition?: Repetition): Disk;
