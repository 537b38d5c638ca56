import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { openWal, type WalEntryInput } from "../src/index.ts";
import { commit, freshDirectory, put } from "./logs.ts";

export const COMMAND = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly nodeFlags?: readonly string[];
  readonly uid?: number | undefined;
}

/** Runs the log's command as a process of its own. */
export function runCommand(args: readonly string[], { nodeFlags = [], uid }: RunOptions = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...nodeFlags, COMMAND, ...args], { stdio: ["ignore", "pipe", "pipe"], ...(uid === undefined ? {} : { uid }) });
    const text = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text.stdout += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (text.stderr += chunk));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...text }));
  });
}

/** The same, and not one byte, name or time of change under `directory` may differ afterwards. */
export async function lookAt(directory: string, command: string, ...options: readonly string[]): Promise<Outcome> {
  const before = await fingerprint(directory);
  const outcome = await runCommand([command, directory, ...options]);
  expect(await fingerprint(directory)).toEqual(before);
  return outcome;
}

export async function fingerprint(path: string): Promise<readonly string[]> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  if (!found) return [];
  const line = [path, found.ino, found.mode, found.mtimeNs, found.ctimeNs];
  if (!found.isDirectory()) return [[...line, createHash("sha256").update(await readFile(path)).digest("hex")].join()];
  const inside = await Promise.all((await readdir(path)).sort().map((name) => fingerprint(join(path, name))));
  return [line.join(), ...inside.flat()];
}

export const segment = (number: number): string => `${number.toString(16).padStart(16, "0")}.wal`;

/**
 * A closed log of records 1 to 31 over seven segments. Records 1 to 24 stand in segments 1 to 6, four in each, one batch a
 * pair; 25 and 26 were fenced off by segment 8 (7 holds them), which holds 27 to 31.
 */
export async function writeSampleLog(): Promise<string> {
  const directory = await freshDirectory();
  const log = await openWal(directory, { segmentSize: 1024, syncInterval: Number.POSITIVE_INFINITY });
  const append = async (...entries: WalEntryInput[]): Promise<void> => {
    log.appendAll(entries);
    await log.sync();
  };
  for (let pair = 1; pair <= 12; pair++) await append(put(`key ${pair}`, "x".repeat(420)), commit(pair));
  await append(put("fenced", "off"), commit(13));
  await log.truncateAfter(24);
  await append(put("behind", "the fence"), { type: "delete", key: new Uint8Array([0, 255]) }, { type: "checkpoint", id: 7 });
  await append(put("last", ""), commit(14));
  await log.close();
  return directory;
}

export async function copyOf(directory: string): Promise<string> {
  const copy = await freshDirectory();
  await cp(directory, copy, { recursive: true });
  return copy;
}
