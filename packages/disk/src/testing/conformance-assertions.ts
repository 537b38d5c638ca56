import { deepStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { join } from "node:path";
import type { Disk, DiskFile } from "../disk.ts";
import { type DiskErrorCode, isDiskError } from "../disk-error.ts";
import { readFully, writeFully } from "../transfer.ts";

export function bytes(...values: readonly number[]): Uint8Array {
  return Uint8Array.from(values);
}

/** Bytes of which no two neighbours are the same. */
export function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 7 + (at >> 8)) % 251);
}

export async function rejectsWith(code: DiskErrorCode, call: Promise<unknown>): Promise<void> {
  await rejects(call, hasCode(code));
}

export function throwsWith(code: DiskErrorCode, call: () => unknown): void {
  throws(call, hasCode(code));
}

function hasCode(code: DiskErrorCode): (error: unknown) => true {
  return (error) => {
    ok(isDiskError(error, code), `expected ${code}, got ${String(error)}`);
    return true;
  };
}

/** For many bytes: what shows how arrays differ (`deepStrictEqual` on Node.js 26) takes hundreds of megabytes for three thousand. */
export function sameBytes(actual: Uint8Array, expected: Uint8Array): void {
  strictEqual(Buffer.compare(actual, expected), 0, `${actual.length} bytes where ${expected.length} were written, and not the same ones`);
}

export async function contentOf(file: DiskFile): Promise<Uint8Array> {
  const content = new Uint8Array(await file.size());
  deepStrictEqual(await readFully(file, 0, content), content.length);
  return content;
}

export async function createWith(disk: Disk, path: string, content: Uint8Array): Promise<void> {
  const file = await disk.create(path);
  await writeFully(file, 0, content);
  await file.close();
}

export async function contentAt(disk: Disk, path: string): Promise<Uint8Array> {
  const file = await disk.open(path);
  try {
    return await contentOf(file);
  } finally {
    await file.close();
  }
}

/** What stands in a directory, as `kind name`, sorted. */
export async function listing(disk: Disk, ...path: readonly string[]): Promise<readonly string[]> {
  return (await disk.list(join(...path))).map(({ kind, name }) => `${kind} ${name}`).sort();
}
