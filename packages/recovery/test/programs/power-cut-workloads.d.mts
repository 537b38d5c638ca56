import type { Disk, Owners } from "@laminar/disk";
import type { DurableState } from "../../src/index.ts";

export interface LivingOwners extends Owners {
  /** All owners until now are dead. */
  nextLife(): void;
}

export interface Listener {
  /** Called when a commit was submitted, with the state that has it; returns the commit's number. */
  submitted(state: DurableState<string, string>): number;
  acknowledged(commit: number): void;
  /** Numbers in [0, 1) from the seed of the run. */
  random(): number;
}

export type Workload = "durableState" | "secondLife" | "files";

export const workloads: Readonly<Record<Workload, (disk: Disk, root: string, listener: Listener) => Promise<void>>>;
export function seeded(seed: number): () => number;
export function ownersOfLives(): LivingOwners;
export function openKept(disk: Disk, root: string): Promise<DurableState<string, string>>;
