import { test } from "vitest";
import { withSeeds } from "./random.ts";
import { StoreTrial, counters } from "./store-trial.ts";

for (const [name, seeds, sizes] of [
  ["small", 40, { steps: 400, keys: 40, valueBytes: 30 }],
  ["of some kilobytes, which make it give memory back", 3, { steps: 3_000, keys: 200, valueBytes: 12_000 }],
  ["of hundreds of bytes under thousands of keys", 1, { steps: 12_000, keys: 3_000, valueBytes: 2_000 }],
  ["larger than what is kept together", 3, { steps: 400, keys: 20, valueBytes: 400_000 }],
] as const) {
  test(`a store whose values are ${name}, changed at random, agrees with a Map, and its captures replay to the state they are of`, async () => {
    await withSeeds(seeds, (random) => new StoreTrial(random, sizes).run());
    console.log(`${name}: ${Object.entries(counters).map(([what, count]) => `${count} ${what}`).join(", ")} so far`);
  });
}
