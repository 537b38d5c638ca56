import { createSimulatedDisk } from "@laminar/disk/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { seeded } from "./logs.ts";
import { Counts, explore, type World } from "./model/crash-lives.ts";
import { LockstepSubject } from "./model/real-subject.ts";
import { readBoth } from "./model/readers.ts";
import { RULES, type Rules } from "./model/rules.ts";

afterEach(() => void vi.restoreAllMocks());

const MODE = (import.meta as { readonly env?: { readonly MODE?: string } }).env?.MODE;
const STATES = MODE === "proof" ? 300_000 : 20_000;

function worldOf(random: () => number, counts: Counts, states: number, rules: Rules): World {
  return {
    counts,
    random,
    imagesPerOperation: 16,
    depthMost: 3,
    failures: 0.004,
    enough: () => counts.states.size >= states,
    start: (disk, seed) => new LockstepSubject(disk, seed, rules),
    read: (files) => {
      const { model, difference } = readBoth(files, rules);
      return { verdict: model, wrong: difference };
    },
  };
}

describe("the model and the log", () => {
  it("do the same on the same disk, see the same in every state that a crash leaves, and keep every promise", async () => {
    const counts = new Counts();
    const started = performance.now();
    for (let seed = 1; counts.states.size < STATES; seed++) await explore(worldOf(seeded(seed), counts, STATES, RULES), createSimulatedDisk(), `seed ${seed}:`);
    const seconds = (performance.now() - started) / 1000;
    console.log(`${counts}, 0 disagreements, 0 violations, 0 refusals; ${Math.round(counts.states.size / seconds)} states a second`);
    expect(counts.states.size).toBeGreaterThanOrEqual(STATES);
  }, 3_600_000);
});
