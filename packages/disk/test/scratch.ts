import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A new empty directory that goes when the test ends. */
export async function scratch(): Promise<string> {
  const directory = await fs.mkdtemp(join(tmpdir(), "laminar-"));
  onTestFinished(() => fs.rm(directory, { recursive: true, force: true }));
  return directory;
}
