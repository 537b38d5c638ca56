import { channel } from "node:diagnostics_channel";
import type { RecoveredState } from "./core/recovered-state.ts";
import type { RecoveryReport } from "./core/recovery-report.ts";

/** A recovery found the state. */
export interface RecoveryDoneEvent {
  /** The log's directory, or without one that of the checkpoints; `undefined` where both were given as readers. */
  readonly location: string | undefined;
  /** See {@link RecoveredState}. */
  readonly walPosition: number;
  readonly report: RecoveryReport;
  /** Milliseconds from the call on. */
  readonly duration: number;
}

/** A recovery was refused, could not be made, or was aborted. Wrong arguments aren't told. */
export interface RecoveryFailedEvent {
  readonly location: string | undefined;
  /** What the call rejects with. */
  readonly error: unknown;
  /** Milliseconds from the call on. */
  readonly duration: number;
}

/**
 * The channels of `node:diagnostics_channel` by the type of what is sent on them, by `recover` and all that recovers through it, as
 * `openDurableState` does. Messages are sent at once, after the fact. What a subscriber throws becomes an uncaught exception of the program
 * and changes nothing for the recovery.
 */
export interface RecoveryEvents {
  readonly "laminar:recovery:done": RecoveryDoneEvent;
  readonly "laminar:recovery:failed": RecoveryFailedEvent;
}

function send<Name extends keyof RecoveryEvents>(name: Name, event: RecoveryEvents[Name]): void {
  channel(name).publish(event);
}

/** Runs a recovery and tells how it ended. */
export async function told(location: string | undefined, monotonic: () => number, run: () => Promise<RecoveredState>): Promise<RecoveredState> {
  const began = monotonic();
  const found = await run().catch((error: unknown) => {
    send("laminar:recovery:failed", { location, error, duration: monotonic() - began });
    throw error;
  });
  const { walPosition, report } = found;
  send("laminar:recovery:done", { location, walPosition, report, duration: monotonic() - began });
  return found;
}
