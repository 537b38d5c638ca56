import { inspect } from "node:util";
import { isCheckpointError } from "@laminar/checkpoint";
import { isDiskError } from "@laminar/disk";
import { createSimulatedDisk, type SimulatedDisk } from "@laminar/disk/testing";
import { isSnapshotError } from "@laminar/state-snapshot";
import { isWalError } from "@laminar/wal";
import { expect } from "vitest";
import { isRecoveryError } from "../../src/index.ts";

/** One argument or option of one call, and what a caller in JavaScript may give for it. */
export interface Row<S> {
  readonly call: string;
  /** As the message must name it. */
  readonly argument: string;
  readonly wrong: readonly unknown[];
  /** Makes the call with one of them. */
  give(subject: S, value: never): unknown;
}

export const row = <S>(call: string, argument: string, wrong: readonly unknown[], give: (subject: S, value: never) => unknown): Row<S> => ({ call, argument, wrong, give });

/** Rows for options of one call, each with its name as the argument. */
export function optionRows<S>(call: string, options: Readonly<Record<string, readonly unknown[]>>, give: (subject: S, options: never) => unknown): Row<S>[] {
  return Object.entries(options).map(([name, wrong]) => row(call, name, wrong, (subject: S, value) => give(subject, { [name]: value } as never)));
}

export const notNumbers: readonly unknown[] = [null, "1", "", 1n, true, {}, [], () => 1, Number.NaN, -1, 0.5];
export const notIntegers: readonly unknown[] = [null, "1", "", true, {}, Number.NaN, 0.5, 2 ** 60];
export const notFlags: readonly unknown[] = [null, 0, 1, "", "yes", {}];
export const notPaths: readonly unknown[] = [undefined, null, 5, 5n, "", "a\0b", {}, [], new URL("file:///tmp")];
export const notFunctions: readonly unknown[] = [null, 0, "f", {}, true];
export const notBytes: readonly unknown[] = [undefined, null, "text", "", 5, 5n, {}, [1, 2], new ArrayBuffer(2), new Uint16Array(2)];
export const notObjects: readonly unknown[] = [null, 5, "options", true];
export const notSignals: readonly unknown[] = [null, 5, "signal", {}, { aborted: 1 }];
export const notDisks: readonly unknown[] = [null, 5, "disk", {}, []];
export const notCodecs: readonly unknown[] = [null, "json", {}, { encode: () => new Uint8Array(0) }];
export const notIterables: readonly unknown[] = [undefined, null, 5, "text", {}, new Uint8Array(2)];
export const notPolicies: readonly unknown[] = [null, "", "Stop", "ignore", 1, true];

const isOurs = (error: unknown): boolean => isWalError(error) || isCheckpointError(error) || isSnapshotError(error) || isRecoveryError(error) || isDiskError(error);

const shown = (value: unknown): string => (typeof value === "string" ? JSON.stringify(value) : typeof value === "bigint" ? `${value}n` : String(value));
const isPlain = (value: unknown): boolean => value === null || (typeof value !== "object" && typeof value !== "function");

/** A name that no option has is shown instead of its value; what wasn't given can't be. */
function isShown(value: unknown, argument: string, message: string): boolean {
  if (typeof value === "symbol" || (typeof value === "string" && value.length > 1000) || message.includes(`no option ${JSON.stringify(argument)}`)) return true;
  return message.includes(shown(value).slice(0, 40)) || message.includes(String(value)) || (value === undefined && message.includes("given"));
}

/** What a call, or the promise or iteration that it gave, ends in. */
async function failureOf(call: () => unknown): Promise<unknown> {
  try {
    const given: unknown = await call();
    if (typeof given === "object" && given !== null && (Symbol.asyncIterator in given || (Symbol.iterator in given && !ArrayBuffer.isView(given)))) {
      for await (const _ of given as AsyncIterable<unknown>);
    }
    return undefined;
  } catch (error) {
    return error ?? new Error("nothing was thrown");
  }
}

/** Everything but what a checkpoint leaves that was given up halfway, since its chunks are looked at when they come: the next one removes it. */
const whatCounts = (disk: SimulatedDisk): string => disk.killed().hashOf((path) => !path.includes("/tmp_"));

/** A place with something in it, as a call finds it. */
export interface Place<S> {
  readonly subject: S;
  /** Something that must be as it was afterwards, beside what is on the disk. */
  readonly look?: (() => unknown) | undefined;
  readonly close?: (() => Promise<unknown>) | undefined;
}

/**
 * Gives every wrong value, each on a disk of its own. The refusal must be a `TypeError`, a `RangeError` or one of ours, name the argument
 * and say what was given; and the disk must be as it was. Returns how many were given, and what was wrong with the answers.
 */
export async function sweep<S>(make: (disk: SimulatedDisk) => Promise<Place<S>>, rows: readonly Row<S>[]): Promise<{ cases: number; faults: readonly string[] }> {
  let cases = 0;
  const faults: string[] = [];
  for (const { call, argument, wrong, give } of rows) {
    for (const value of wrong) {
      cases++;
      const disk = createSimulatedDisk();
      const { subject, look, close } = await make(disk);
      const before = [whatCounts(disk), look?.()];
      const error = await failureOf(() => give(subject, value as never));
      const what = `${call}, ${argument}: ${shown(value)}`;
      if (error === undefined) faults.push(`${what} is taken`);
      else if (!(error instanceof TypeError || error instanceof RangeError || isOurs(error))) faults.push(`${what}: ${inspect(error)}`);
      else {
        const { message } = error as Error;
        if (!message.includes(argument)) faults.push(`${what} isn't named: ${message}`);
        if (isPlain(value) && !isOurs(error) && !isShown(value, argument, message)) faults.push(`${what} isn't shown: ${message}`);
        if (/cannot read prop|is not a function|is not iterable|undefined \(/i.test(message)) faults.push(`${what} is the engine's word: ${message}`);
      }
      const after = [whatCounts(disk), look?.()];
      try {
        expect(after).toEqual(before);
      } catch {
        faults.push(`${what} changed something`);
      }
      await close?.();
    }
  }
  return { cases, faults };
}
