import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { killProcesses, lookByRecovery } from "../src/rows/08-kills.ts";

async function scratchDirectory(): Promise<string> {
  const scratch = await mkdtemp(join(tmpdir(), "laminar-proof-"));
  onTestFinished(() => rm(scratch, { recursive: true, force: true }));
  return scratch;
}

it.each(["hand", "durable state"] as const)("sees that acknowledged commits are lost after a kill: by %s", async (by) => {
  const work = { size: "check", goal: 20, seed: 3, scratch: await scratchDirectory() } as const;
  const { violations } = await killProcesses(by, work, async (directory) => {
    for (const name of await readdir(directory)) await rm(join(directory, name), { recursive: true });
    return lookByRecovery(directory);
  });
  expect(violations).toEqual([expect.stringMatching(/seed 3, .*, life \d+, killed .*: \[commit 0: \] (came back, and|was never committed; the last one acknowledged was) \[commit [1-9]/)]);
});

it("sees that a recovery is refused after a kill", async () => {
  const work = { size: "check", goal: 1, seed: 3, scratch: await scratchDirectory() } as const;
  const { violations } = await killProcesses("hand", work, () => Promise.reject(new Error("refused")));
  expect(violations).toEqual([expect.stringContaining("Error: refused")]);
});
