import type { Disk } from "@laminar/disk";
import { textOfCut } from "./cut.ts";
import { DurableSession } from "./durable-session.ts";
import { type Journal, recoverFrom, Session } from "./session.ts";
import type { Opening, Step } from "./steps.ts";

/** One life of a stack, from an open to a close. */
export interface StackLife {
  take(step: Exclude<Step, Opening>): Promise<void>;
  /** Ends in order. Frees what is held also when it rejects. */
  close(): Promise<void>;
}

/** The packages put together in one way. */
export interface Stack {
  readonly name: string;
  /** What a program may do to what it found, before it has made a checkpoint; the durable state does all of that by itself. */
  readonly upkeep: readonly Exclude<Step, Opening>[];
  open(disk: Disk, journal: Journal, opening: Omit<Opening, "do">): Promise<StackLife>;
}

const BY_HAND: Stack["upkeep"] = [{ do: "truncate" }, { do: "clean-up", keep: 1 }];

export const byHand: Stack = { name: "by hand", upkeep: BY_HAND, open: (disk, journal, opening) => Session.open(disk, journal, opening) };
export const durableState: Stack = { name: "durable state", upkeep: [], open: (disk, journal, opening) => DurableSession.open(disk, journal, opening) };

/** What a recovery finds, of either stack: their directories are the same. */
export const recoveredText = async (disk: Disk): Promise<string> => textOfCut(await recoverFrom(disk));
