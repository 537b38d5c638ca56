import { afterEach, expect, it } from "vitest";
import { liveWithClock } from "../src/clocks/clock-run.ts";
import { chaptersOf } from "../src/faults/chapters.ts";
import { restoreChance } from "../src/identities.ts";
import type { Outcome } from "../src/row.ts";
import { jumpsOf, letClocksJump } from "../src/rows/14-wrong-clocks.ts";
import { byHand, type Stack } from "../src/whole-stack/stack.ts";

afterEach(restoreChance);

async function outcomeOf(stack: Stack): Promise<{ readonly outcome: Outcome; readonly operations: number }> {
  const steps = [
    { do: "open", maxRetained: 1, maxChainLength: 1 },
    { do: "commit", changes: [{ key: "k0", length: 3 }] },
    { do: "full" },
    { do: "commit", changes: [{ key: "k1", length: 3 }] },
  ] as const;
  const chapters = await chaptersOf({ stack, lives: [steps] });
  const asTheyShould = new Map<(typeof chapters)[number], Awaited<ReturnType<typeof liveWithClock>>>();
  for (const chapter of chapters) asTheyShould.set(chapter, await liveWithClock(chapter));
  return { outcome: await letClocksJump(jumpsOf(asTheyShould), asTheyShould), operations: chapters.reduce((sum, { operations }) => sum + operations.length, 0) };
}

it("finds no difference in the stack as it is, and covers every operation for each clock", async () => {
  const { outcome, operations } = await outcomeOf(byHand);
  expect(outcome.violations).toEqual([]);
  expect(outcome.reached).toBe(8 * operations);
});

it("finds a stack that decides by the wall clock", async () => {
  const started = Date.UTC(2024, 0, 1);
  const timed: Stack = {
    ...byHand,
    name: "timed",
    async open(disk, journal, opening) {
      const life = await byHand.open(disk, journal, opening);
      return {
        take: (step) => (step.do === "full" && disk.clock.now() !== started ? Promise.resolve() : life.take(step)),
        close: () => life.close(),
      };
    },
  };
  const { outcome } = await outcomeOf(timed);
  expect(outcome.violations.join("\n")).toContain("names of files differ");
});
