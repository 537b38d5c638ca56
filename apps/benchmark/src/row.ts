import type { Peer } from "./peers/peer.ts";
import type { Settings } from "./settings.ts";
import type { Work } from "./work.ts";

/** Who a contestant is; goals are set against one of these. */
export type Role = "floor" | "by hand" | "peer as documented" | "peer batched by hand" | "ours" | "published" | "scaled" | "beside";

/** Rates are better when they are higher, everything else when it is lower. */
export type Unit = "entries/s" | "commits/s" | "ms" | "%" | "bytes";

/** One measurement. `value` is in its row's unit. */
export interface Sample {
  readonly value: number;
  /** Bytes of all files, by their length, for each entry. */
  readonly bytesPerEntry?: number;
  /** How far the process grew, at its peak, above what it had before the measurement; bytes. */
  readonly peakGrowth?: number;
  /** The process's peak as a whole; bytes. */
  readonly peak?: number;
  /** The longest time between two turns of the event loop; milliseconds. */
  readonly stall?: number;
}

export interface Contestant {
  /** Unique in its row. */
  readonly name: string;
  readonly role: Role;
  /** Fills a directory once, in a process of its own; each `run` then gets a copy of it. Contestants with the same function share what it made. */
  readonly prepare?: (directory: string, work: Work) => Promise<void>;
  run(directory: string, work: Work): Promise<Measured>;
}

/** What one run gave. */
export interface Measured {
  readonly sample: Sample;
  /** Throws when what was to be done wasn't: what was written can't be read back, or isn't what it should be. Once, in the same process. */
  readonly verify: () => void | Promise<void>;
}

export interface Row {
  /** For `--only`. */
  readonly name: string;
  readonly title: string;
  readonly unit: Unit;
  /** Where it works: on the disk that is measured, or in memory, where a sync costs nothing. */
  readonly place: "disk" | "memory";
  /**
   * `"warm"`: a process does the same in small before its sample. `"in use"`: the contestant goes on for a while before it is measured.
   * `"cold"`: the sample is what a new process needs. `"once"`: a fact; one sample.
   */
  readonly start: "warm" | "in use" | "cold" | "once";
  contestants(peers: readonly Peer[]): readonly Contestant[];
  /** What others have published of the same work. */
  readonly published?: (settings: Settings) => readonly (Sample & { readonly name: string })[];
}

/** All samples of one contestant. */
export interface Result {
  readonly row: string;
  readonly title: string;
  readonly unit: Unit;
  readonly name: string;
  readonly role: Role;
  readonly samples: readonly Sample[];
  /** Why it ended before its last round. */
  readonly problem?: string | undefined;
}
