import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { CheckpointEvents } from "@laminar/checkpoint";
import type { RecoveryEvents } from "@laminar/recovery";
import type { WalEvents } from "@laminar/wal";

/** What the packages tell, by channel. */
export type LaminarEvents = WalEvents & CheckpointEvents & RecoveryEvents;

/** Listens to one channel, with the type of what is sent on it. Returns a function that ends it. */
export function listen<Name extends keyof LaminarEvents>(name: Name, listener: (event: LaminarEvents[Name]) => void): () => void {
  const onMessage = (message: unknown): void => listener(message as LaminarEvents[Name]);
  subscribe(name, onMessage);
  return () => void unsubscribe(name, onMessage);
}
