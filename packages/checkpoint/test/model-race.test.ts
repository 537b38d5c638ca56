import { describe, expect, it } from "vitest";
import { Race, type RaceCounts } from "./model/reader-beside-manager.ts";
import { seeded } from "./model/worlds.ts";

const IS_PROOF = process.env["CHECKPOINT_PROOF"] === "1";
const SEEDS = IS_PROOF ? 1000 : 15;

const NONE: RaceCounts = { recoveries: 0, repeated: 0, mostAttempts: 0, answers: 0, checkpoints: 0, gone: 0 };

describe("a recovery beside a manager that publishes, compacts and deletes", () => {
  it("gives a state that was acknowledged when it began, or a later one, and never refuses", async () => {
    const counts = { ...NONE };
    for (let seed = 1; seed <= SEEDS; seed++) {
      const wrong = await new Race(seeded(seed), counts, Number.POSITIVE_INFINITY).run();
      if (wrong !== undefined) throw new Error(`seed ${seed}: ${wrong}`);
    }
    const { recoveries, repeated, mostAttempts, answers, checkpoints, gone } = counts;
    console.log(`${recoveries} recoveries beside ${checkpoints} checkpoints made and ${gone} withdrawn, seeds 1 to ${SEEDS}: ${repeated} looked again, at most ${mostAttempts} times; 0 wrong, 0 older, 0 refused; ${answers} answers of the manager itself meanwhile`);
    expect(recoveries).toBeGreaterThan(SEEDS * 3);
    expect(repeated).toBeGreaterThan(SEEDS / 10);
  }, 1_200_000);

  it("has to look again: one look alone fails, and is never wrong", async () => {
    const counts = { ...NONE };
    const found = new Map<string, number>();
    for (let seed = 1; seed <= SEEDS; seed++) {
      const wrong = await new Race(seeded(seed), counts, 1).run();
      if (wrong !== undefined) found.set(wrong, (found.get(wrong) ?? 0) + 1);
    }
    console.log(`${counts.recoveries} recoveries that look once: ${[...found].map(([what, count]) => `${what} ${count}`).join(", ")}`);
    expect([...found.keys()]).toEqual(["would have to look again"]);
  }, 1_200_000);
});
