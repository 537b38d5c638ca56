import { expect, it } from "vitest";
import { chaptersOf } from "../src/faults/chapters.ts";
import { Recoveries } from "../src/faults/look.ts";
import { LIES } from "../src/lying-syncs/lies.ts";
import { type Case, casesOf, tellLies } from "../src/rows/07-lying-syncs.ts";
import { EMPTY } from "../src/whole-stack/promises.ts";
import { hookedDisk } from "../src/whole-stack/hooked-disk.ts";
import { byHand, type Stack } from "../src/whole-stack/stack.ts";

async function cases(stack: Stack): Promise<readonly Case[]> {
  const steps = [
    { do: "open", maxRetained: 1, maxChainLength: 1 },
    { do: "commit", changes: [{ key: "k0", length: 700 }] },
    { do: "commit", changes: [{ key: "k1", length: 3 }] },
  ] as const;
  return casesOf(await chaptersOf({ stack, lives: [steps] }));
}

it("finds nothing wrong with the stack as it is, and tells each lie at each sync", async () => {
  const all = await cases(byHand);
  const { reached, violations } = await tellLies(all);
  expect(violations).toEqual([]);
  expect(reached).toBe(all.length);
  expect(new Set(all.map(({ lie }) => lie))).toEqual(new Set(LIES));
});

it("finds a log that takes no notice of a sync that failed", async () => {
  const deaf: Stack = {
    name: "deaf",
    open: (disk, journal, opening) => byHand.open(hookedDisk(disk, { sync: (_file, really) => really().catch(() => undefined) }), journal, opening),
  };
  const { violations } = await tellLies((await cases(deaf)).filter(({ lie }) => lie.name === "fails, then says yes"));
  for (const found of ["the log lives on", "acknowledged bytes are damaged"]) expect(violations.join("\n")).toContain(found);
});

it("finds a recovery that loses what was acknowledged before the lie", async () => {
  const { violations } = await tellLies(await cases(byHand), new Recoveries(async () => EMPTY));
  expect(violations.join("\n")).toContain("had been acknowledged");
});
