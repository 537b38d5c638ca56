import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import type { Row } from "../row.ts";
import { crashStates } from "../rows/01-crash-states.ts";
import { kills } from "../rows/08-kills.ts";
import { races } from "../rows/09-races.ts";
import { goldenDirectories } from "../rows/16-golden-directories.ts";
import type { CollectedTests } from "./collected-tests.ts";

/** So many of each part: what differs between runtimes shows in the first ones, and the rest is the proof's. */
const chosen: readonly (readonly [row: Row, goal: number])[] = [
  [goldenDirectories, Infinity],
  [crashStates, 50],
  [kills, 2],
  [races, 2],
];

/**
 * Declares a short share of those rows of the proof in which a runtime takes part: old formats, its event loop under the
 * simulated disk, its processes when they are killed, its threads as owners of a lock.
 */
export function declareProofParts(tests: CollectedTests, scratch: string): void {
  for (const [{ title, parts }, goal] of chosen) {
    for (const part of parts) {
      tests.in(title)(part.name, async () => {
        const { reached, violations, skipped } = await part.run({ size: "check", goal, seed: 1, scratch: await mkdtemp(join(scratch, "proof-")) });
        if (violations.length > 0) throw new Error(violations.join("\n"));
        if (reached === 0) throw new Error(`nothing of it was done: ${skipped ?? "it says no reason"}`);
      });
    }
  }
}
