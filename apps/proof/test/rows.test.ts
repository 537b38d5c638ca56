import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { rows } from "../src/rows.ts";

const SEED = 1;

const withShortPart = rows.filter(({ parts }) => parts.some(({ goal }) => goal === "all" || goal.check > 0));

/** The short part of the proof; `pnpm proof` does all of it. */
describe.each(withShortPart)("$title", ({ parts, unit }) => {
  const short = parts.filter(({ goal }) => goal === "all" || goal.check > 0);
  it.each(short)("keeps its promise in a short part: $name", async ({ name, goal, run }) => {
    const scratch = await mkdtemp(join(tmpdir(), "laminar-proof-"));
    try {
      const { reached, violations, counters, skipped } = await run({ size: "check", goal: goal === "all" ? Infinity : goal.check, seed: SEED, scratch });
      const counts = Object.entries(counters).map(([counted, count]) => `${counted} ${count}`);
      console.log(`${name}, seed ${SEED}: ${reached} ${unit}, ${violations.length} violations; ${counts.join(", ")}`);
      if (skipped !== undefined) console.log(`not done here: ${skipped}`);
      expect(violations).toEqual([]);
      expect(reached).toBeGreaterThanOrEqual(goal === "all" ? 1 : goal.check);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  });
});
