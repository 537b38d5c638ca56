import { channel } from "node:diagnostics_channel";
import type { CheckpointMetadata } from "./checkpoint-metadata.ts";
import type { CleanupReport } from "./clean-up.ts";

/** A checkpoint became durable. */
export interface CheckpointPublishedEvent {
  /** The checkpoints' directory, or what their store calls its place. */
  readonly location: string;
  readonly metadata: CheckpointMetadata;
  /** Milliseconds from its turn in the queue until it was durable. */
  readonly duration: number;
}

/** A checkpoint could not be made; nothing was published. */
export interface CheckpointFailedEvent {
  readonly location: string;
  readonly id: number;
  readonly error: unknown;
  /** Milliseconds from its turn in the queue on. */
  readonly duration: number;
}

/** A round of cleaning up ended. */
export interface CheckpointCleanupEvent {
  readonly location: string;
  readonly report: CleanupReport;
}

/**
 * The channels of `node:diagnostics_channel` by the type of what is sent on them. Messages are sent at once, after the fact. What a subscriber
 * throws becomes an uncaught exception of the program and changes nothing for the manager.
 */
export interface CheckpointEvents {
  readonly "laminar:checkpoint:published": CheckpointPublishedEvent;
  readonly "laminar:checkpoint:failed": CheckpointFailedEvent;
  readonly "laminar:checkpoint:cleanup": CheckpointCleanupEvent;
}

export function send<Name extends keyof CheckpointEvents>(name: Name, event: CheckpointEvents[Name]): void {
  channel(name).publish(event);
}
