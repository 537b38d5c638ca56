import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { rows } from "../src/rows.ts";

const SEED = 1;

/** The short part of the proof; `pnpm proof` does all of it. */
describe.each(rows)("$title", ({ parts, unit }) => {
  it.each(parts)("keeps its promise in a short part: $name", async ({ name, goal, run }) => {
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
