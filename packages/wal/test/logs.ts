import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import type { LogReader, ReadOptions, WalEntry, WalEntryInput } from "../src/index.ts";

const text = new TextEncoder();
const made: string[] = [];

afterEach(async () => {
  for (const directory of made.splice(0)) await rm(directory, { recursive: true, force: true });
});

export async function freshDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "laminar-wal-"));
  made.push(directory);
  return directory;
}

export const put = (key: string, value: string): WalEntryInput & { type: "put" } => ({ type: "put", key: text.encode(key), value: text.encode(value) });
export const commit = (offset: number): WalEntryInput => ({ type: "commit", offsets: new Map([["source", offset]]) });

/** A deterministic generator; tests that use it print the seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

export async function readAll(log: LogReader<WalEntry>, options?: ReadOptions): Promise<{ lsn: number; entry: WalEntry }[]> {
  const found = [];
  for await (const item of log.entries(options)) found.push({ lsn: item.lsn, entry: item.entry });
  return found;
}

export const lsnsOf = (found: readonly { lsn: number }[]): number[] => found.map(({ lsn }) => lsn);

/** All files under a directory, by path. */
export async function contentOf(directory: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const entry of await readdir(directory, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) files.set(path, new Uint8Array(await readFile(path)));
  }
  return files;
}
