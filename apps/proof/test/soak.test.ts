import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Outcome, Part, Row } from "../src/row.ts";
import type { Done } from "../src/run-jobs.ts";
import { DistinctContents } from "../src/soak/distinct.ts";
import { SoakState } from "../src/soak/soak-state.ts";

let directory = "";
beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), "laminar-proof-"))));
afterEach(() => rm(directory, { recursive: true }));

const part: Part = { name: "part", goal: { check: 1, proof: 10 }, seconds: 1, run: async () => Promise.reject(new Error("not run here")) };
const row: Row = { title: "row", unit: "states", parts: [part], soakGoal: 100 };

const done = (outcome: Partial<Outcome>): Done => ({
  job: { row, part, size: "soak", goal: 10, seed: 1 },
  outcome: { reached: 3, violations: [], counters: {}, ...outcome },
  seconds: 2,
});

it("goes on with the next seed, and counts what all rounds reached, also in a later run", async () => {
  const state = await SoakState.open(directory);
  await state.add(done({ nextSeed: 7 }));
  await state.add(done({ violations: ["seed 7: lost"] }));
  const later = await SoakState.open(directory);
  expect(later.part({ row, part })).toEqual({ rounds: 2, reached: 6, seconds: 4, nextSeed: 8 });
  expect(later.reached(row)).toBe(6);
  expect(later.violations).toEqual(["row, part: seed 7: lost"]);
});

it("counts a content once, in whatever round and run it comes", async () => {
  const state = await SoakState.open(directory);
  await state.add(done({ reached: 2, contents: BigUint64Array.of(1n, 2n) }));
  const later = await SoakState.open(directory);
  await later.add(done({ reached: 3, contents: BigUint64Array.of(2n, 3n, 3n) }));
  expect(later.reached(row)).toBe(3);
});

it("keeps tens of thousands of contents apart, and leaves out the end of a write that was broken off", async () => {
  const file = join(directory, "contents");
  const contents = await DistinctContents.open(file);
  const numbers = BigUint64Array.from({ length: 100_000 }, (_, number) => BigInt(number) * 0x10001n);
  expect(await contents.add(numbers)).toBe(numbers.length);
  await appendFile(file, "abc");
  const again = await DistinctContents.open(file);
  expect(again.size).toBe(numbers.length);
  expect(await again.add(numbers)).toBe(0);
});
