import type { Disk } from "@laminar/disk";
import { settle } from "./drive-log.ts";
import type { LogListing } from "./log-shape.ts";
import type { WalError } from "./wal-error.ts";

/** A place of damage as plain fields, for JSON and for whoever shows it. */
export interface WalDamage {
  /** The code of the error that reading this place gives. */
  readonly code: string;
  /** What is wrong and what to do, for people. */
  readonly message: string;
  /** Path of the file, or of the log's directory when a file is missing. */
  readonly file?: string | undefined;
  /** Bytes from the start of that file. */
  readonly offset?: number | undefined;
  /** The record that should be there. */
  readonly lsn?: number | undefined;
  readonly expected?: number | string | undefined;
  readonly actual?: number | string | undefined;
}

/** What one look at a log found. */
export interface Look {
  /** The first damage, if there is any. */
  readonly damage?: WalError | undefined;
}

/**
 * Looks until nothing is damaged or two looks, one after the other, find the same damage: a live writer's work in progress
 * is never seen twice alike. That a writer goes on in other places meanwhile doesn't keep it from ending.
 */
export async function confirmDamage<T extends Look>(disk: Disk, directory: string, look: (listing: LogListing) => Promise<T>): Promise<T> {
  let seen: T | undefined;
  try {
    return await settle(disk, directory, async (listing) => {
      const before = seen?.damage;
      seen = await look(listing);
      if (!seen.damage || (before && isSamePlace(before, seen.damage))) return seen;
      throw seen.damage;
    });
  } catch (error) {
    if (seen && seen.damage === error) return seen;
    throw error;
  }
}

const isSamePlace = (a: WalError, b: WalError): boolean => a.code === b.code && a.file === b.file && a.offset === b.offset && a.lsn === b.lsn;

export function plainDamage({ code, message, file, offset, lsn, expected, actual }: WalError): WalDamage {
  return { code, message, file, offset, lsn, expected: plain(expected), actual: plain(actual) };
}

function plain(value: unknown): number | string | undefined {
  if (value === undefined || typeof value === "number" || typeof value === "string") return value;
  return JSON.stringify(value);
}
