import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect } from "vitest";
import { openDurableState } from "../src/index.ts";

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

/** Runs the command as a process of its own. */
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

/** The same on the state in `directory`, and not one byte, name or time of change under it may differ afterwards. */
export async function lookAt(directory: string, command: string, ...options: readonly string[]): Promise<Outcome> {
  return unchanged(directory, () => runCommand([command, "--state", directory, ...options]));
}

/** Runs `look`, after which not one byte, name or time of change under `directory` may differ. */
export async function unchanged(directory: string, look: () => Promise<Outcome>): Promise<Outcome> {
  const before = await fingerprint(directory);
  const outcome = await look();
  expect(await fingerprint(directory)).toEqual(before);
  return outcome;
}

async function fingerprint(path: string): Promise<readonly string[]> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  if (!found) return [];
  const line = [path, found.ino, found.mode, found.mtimeNs, found.ctimeNs];
  if (!found.isDirectory()) return [[...line, createHash("sha256").update(await readFile(path)).digest("hex")].join()];
  const inside = await Promise.all((await readdir(path)).sort().map((name) => fingerprint(join(path, name))));
  return [line.join(), ...inside.flat()];
}

const made: string[] = [];

afterEach(async () => {
  for (const directory of made.splice(0)) await rm(directory, { recursive: true, force: true });
});

export async function freshDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "laminar-recovery-"));
  made.push(directory);
  return directory;
}

/**
 * A closed state of three commits (records 3, 6 and 8, watermarks 10, 20 and 30), with a full checkpoint after the first and a
 * delta after the second.
 */
export async function sampleState(): Promise<string> {
  const directory = await freshDirectory();
  const state = await openDurableState({ directory });
  const commit = (number: number) => state.commit({ offsets: new Map([["requests", number]]), watermark: number * 10 });
  state.put("ada", { born: 1815n });
  state.put("bob", "the builder");
  await commit(1);
  await state.checkpoint();
  state.delete("bob");
  state.put("cy", [1, -0]);
  await commit(2);
  await state.checkpoint();
  state.put("dan", null);
  await commit(3);
  await state.close();
  return directory;
}

/** What differs from run to run, as words. */
export function withoutIds(text: string): string {
  return text.replaceAll(/[0-9a-f]{32}/g, "LOG").replaceAll(/\d+ ms/g, "N ms").replaceAll(/("(?:checkpoint|replay|total|timestamp)": )[\d.e-]+(,?)$/gm, "$1N$2");
}
