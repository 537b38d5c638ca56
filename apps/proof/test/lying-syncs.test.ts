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
    ...byHand,
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

it("finds a clean-up that relies on a checkpoint which was found and isn't durable", async () => {
  const trusting: Stack = {
    ...byHand,
    name: "trusting",
    async open(disk, journal, opening) {
      const life = await byHand.open(disk, journal, opening);
      const removeAllButNewest = async (): Promise<void> => {
        const names = (await disk.list("/data/checkpoints")).map(({ name }) => name).filter((name) => name.startsWith("checkpoint_")).sort();
        for (const name of names.slice(0, -1)) {
          await disk.remove(`/data/checkpoints/${name}/metadata.json`);
          await disk.syncDirectory(`/data/checkpoints/${name}`);
        }
      };
      return { take: (step) => (step.do === "clean-up" ? removeAllButNewest() : life.take(step)), close: () => life.close() };
    },
  };
  const steps = [
    { do: "open", maxRetained: 1, maxChainLength: 1 },
    // Enough for the log to rotate, and to be truncated behind the first checkpoint.
    ...["k0", "k1", "k2"].map((key) => ({ do: "commit", changes: [{ key, length: 1100 }] }) as const),
    { do: "full" },
    { do: "commit", changes: [{ key: "k3", length: 3 }] },
    { do: "full" },
  ] as const;
  const outcomeOf = async (stack: Stack): Promise<string> => {
    const all = casesOf(await chaptersOf({ stack, lives: [steps] }));
    const ofNames = all.filter(({ lie, point: { operation } }) => lie.name === "told another process" && operation.path === "/data/checkpoints");
    return (await tellLies(ofNames)).violations.join("\n");
  };
  expect(await outcomeOf(byHand)).toBe("");
  expect(await outcomeOf(trusting)).toMatch(/after the next life's upkeep, power cut: recovery refuses/);
});
