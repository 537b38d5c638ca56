import { type Channel, channel } from "node:diagnostics_channel";
import type { LogEnd, Lsn } from "./log.ts";
import type { WalError } from "./wal-error.ts";

/** A log was opened for writing. */
export interface WalOpenedEvent {
  /** The log's directory. */
  readonly location: string;
  readonly logId: string;
  /** Whether there was none before. */
  readonly isNew: boolean;
  readonly startsAfter: Lsn;
  /** The last record that counts. It is durable. */
  readonly lastLsn: Lsn;
  readonly segments: number;
  readonly sizeBytes: number;
  /** How the log ended when it was read: `"torn"` after a crash in the middle of a write. */
  readonly end: LogEnd;
  /** Its oldest records were gone, which was accepted with `onDamage: "stop"`. */
  readonly damageAtStart: WalError | undefined;
  /** Batches that were written once more: what wasn't proven durable, as after a crash, and the content of small segments. */
  readonly restatedBatches: number;
  /** Milliseconds from the call on. Opening reads the whole log. */
  readonly duration: number;
}

/** Records became durable. */
export interface WalSyncEvent {
  readonly location: string;
  /** Batches that this sync made durable. */
  readonly batches: number;
  /** Their bytes with their headers. */
  readonly bytes: number;
  /** The last record that is durable. */
  readonly durableLsn: Lsn;
  /** Milliseconds that the sync took, until that was known here. */
  readonly duration: number;
}

/** An open log began another segment: the last one was full, or a truncation wanted one. */
export interface WalSegmentEvent {
  readonly location: string;
  /** Name of its file. */
  readonly file: string;
  /** The number of the first record that it may hold. */
  readonly baseLsn: Lsn;
  /** Milliseconds to make and sync it, in which nothing is written. */
  readonly duration: number;
}

/** A truncation took records away, durably. One that had nothing to take isn't told. */
export interface WalTruncatedEvent {
  readonly location: string;
  /** `"before"`: whole segments went. `"after"`: a fence took records out of use, and nothing was erased. */
  readonly kind: "before" | "after";
  /** The first record that it took; up to `removedTo`. */
  readonly removedFrom: Lsn;
  readonly removedTo: Lsn;
  /** Bytes of files that are gone; 0 for `"after"`. */
  readonly freedBytes: number;
  /** Milliseconds from the call on, with what had to become durable before it. */
  readonly duration: number;
}

/** A write, sync or close failed: the log takes nothing more. Sent once, when all who waited were told. */
export interface WalFailedEvent {
  readonly location: string;
  /** `WAL_POISONED`, whose `cause` says what the disk said. */
  readonly error: WalError;
  readonly durableLsn: Lsn;
  /** The last record that was appended: of those above `durableLsn` nobody knows. */
  readonly appendedLsn: Lsn;
}

/** A log that was open for writing is closed, and its lock was given back. */
export interface WalClosedEvent {
  readonly location: string;
  readonly durableLsn: Lsn;
  /** What `close` rejects with; `undefined` when it resolves. */
  readonly error: unknown;
  /** Milliseconds from the call on. */
  readonly duration: number;
}

/**
 * The channels of `node:diagnostics_channel` by the type of what is sent on them. Messages are sent at once, after the fact, and those who
 * wait for the same fact go on after them. Logs of a directory send them; `memoryWal` and readers are silent. What a subscriber throws
 * becomes an uncaught exception of the program and changes nothing for the log.
 */
export interface WalEvents {
  readonly "laminar:wal:opened": WalOpenedEvent;
  readonly "laminar:wal:sync": WalSyncEvent;
  readonly "laminar:wal:segment": WalSegmentEvent;
  readonly "laminar:wal:truncated": WalTruncatedEvent;
  readonly "laminar:wal:failed": WalFailedEvent;
  readonly "laminar:wal:closed": WalClosedEvent;
}

export function send<Name extends keyof WalEvents>(name: Name, event: WalEvents[Name]): void {
  channel(name).publish(event);
}

/** Held, because looking for it by its name takes longer than a commit where nobody listens. */
const syncs: Channel = channel("laminar:wal:sync");

/** Whether anybody listens to syncs: where nobody does, their events aren't made. */
export const areSyncsHeard = (): boolean => syncs.hasSubscribers;
