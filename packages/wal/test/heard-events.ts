import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { onTestFinished } from "vitest";
import type { WalEvents } from "../src/index.ts";

const names: readonly (keyof WalEvents)[] = [
  "laminar:wal:opened",
  "laminar:wal:sync",
  "laminar:wal:segment",
  "laminar:wal:truncated",
  "laminar:wal:failed",
  "laminar:wal:closed",
];

/** An event with its channel's name. */
export type Heard = { readonly [Name in keyof WalEvents]: { readonly name: Name } & WalEvents[Name] }[keyof WalEvents];

/** All events from now on to the end of the test, in order. */
export function listen(also: (event: Heard) => void = () => undefined): Heard[] {
  const heard: Heard[] = [];
  const note = (message: unknown, name: string | symbol): void => {
    const event = { name, ...(message as object) } as Heard;
    heard.push(event);
    also(event);
  };
  for (const name of names) subscribe(name, note);
  onTestFinished(() => {
    for (const name of names) unsubscribe(name, note);
  });
  return heard;
}

/** What is thrown and caught by nobody until the test ends; the test's own runner would take it for its failure. */
export function catchUncaught(): unknown[] {
  const uncaught: unknown[] = [];
  const others = process.listeners("uncaughtException");
  const note = (error: unknown): void => void uncaught.push(error);
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", note);
  onTestFinished(() => {
    process.off("uncaughtException", note);
    for (const other of others) process.on("uncaughtException", other);
  });
  return uncaught;
}
