import type { Role, Sample } from "../row.ts";
import type { Settings } from "../settings.ts";

/** Something that is to be reached, in one row, by one of our contestants. */
export interface Goal {
  readonly row: string;
  /** The contestant's name. */
  readonly ours: string;
  readonly against: Rivals | Limit;
}

/** To be so many times as fast as the best of those that have a role. */
export interface Rivals {
  readonly role: Role;
  readonly times: number;
}

/** To stay at or below a number. */
export interface Limit {
  readonly metric: keyof Sample;
  readonly unit: "bytes" | "ms" | "%" | "B/entry";
  /** For the run's settings; `undefined` where it means nothing for them. */
  readonly most: (settings: Settings) => number | undefined;
  readonly why: string;
}

/** How a goal came out. */
export interface Verdict {
  readonly goal: Goal;
  readonly title: string;
  readonly ours: string;
  /** What it was measured against, by name. */
  readonly rival: string;
  readonly wanted: string;
  readonly reached: string;
  /** Against the published number as it would be on this machine; "" where there is none. */
  readonly scaled: string;
  readonly isMet: boolean;
}
