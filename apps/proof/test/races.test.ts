import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { raceForPlaces } from "../src/rows/09-races.ts";

it("sees that two owners are in a place whose lock lets everybody in", async () => {
  const scratch = await mkdtemp(join(tmpdir(), "laminar-proof-"));
  onTestFinished(() => rm(scratch, { recursive: true, force: true }));
  const doors = new URL("unlocked-doors.mjs", import.meta.url).href;
  const { violations, reached } = await raceForPlaces({ processes: 2, threads: 1, doors }, { size: "check", goal: 20, seed: 1, scratch });
  expect(reached).toBeLessThan(20);
  expect(violations).toEqual([expect.stringMatching(/2 processes of 1 threads, seed \d+, .*(EEXIST: file already exists, open '.*inside-|ENOENT.*inside-|counted to)/)]);
});
