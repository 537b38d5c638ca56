import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { UsageError } from "./options.ts";

/** Where `openDurableState` puts log and checkpoints in its directory. */
export function placesIn(directory: string): { readonly walDir: string; readonly checkpointDir: string } {
  return { walDir: path.join(directory, "log"), checkpointDir: path.join(directory, "checkpoints") };
}

export interface WorkingDirectory {
  readonly path: string;
  /** Takes away what the demo put there, and the directory itself if the demo made it. */
  remove(): Promise<void>;
}

/** A new directory among the temporary ones, or the given one, which must be empty or not there yet. */
export async function openWorkingDirectory(given: string | undefined): Promise<WorkingDirectory> {
  if (given === undefined) return ownDirectory(await mkdtemp(path.join(os.tmpdir(), "laminar-demo-")));
  const directory = path.resolve(given);
  if (!existsSync(directory)) {
    await mkdir(directory, { recursive: true });
    return ownDirectory(directory);
  }
  const names = await readdir(directory).catch((error: unknown) => {
    throw new UsageError(`--dir: ${directory} can't be used as a directory`, { cause: error });
  });
  if (names.length > 0) throw new UsageError(`--dir: ${directory} is not empty, and the demo begins from nothing`);
  return { path: directory, remove: () => removeOwn(directory) };
}

/** The lock as well: a process that was killed leaves it. */
async function removeOwn(directory: string): Promise<void> {
  const own = (await readdir(directory)).filter((name) => /^(log|checkpoints|LOCK(\..*)?)$/.test(name));
  await Promise.all(own.map((name) => removeAll(path.join(directory, name))));
}

function ownDirectory(directory: string): WorkingDirectory {
  return { path: directory, remove: () => removeAll(directory) };
}

function removeAll(directory: string): Promise<void> {
  return rm(directory, { recursive: true, force: true });
}
