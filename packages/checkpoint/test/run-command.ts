import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";

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

/** Runs the checkpoints' command as a process of its own. */
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

async function fingerprint(path: string): Promise<readonly string[]> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  if (!found) return [];
  const line = [path, found.ino, found.mode, found.mtimeNs, found.ctimeNs];
  if (!found.isDirectory()) return [[...line, createHash("sha256").update(await readFile(path)).digest("hex")].join()];
  const inside = await Promise.all((await readdir(path)).sort().map((name) => fingerprint(join(path, name))));
  return [line.join(), ...inside.flat()];
}
