import { expect, it } from "vitest";
import { chaptersOf } from "../src/faults/chapters.ts";
import type { Plan } from "../src/faults/fault-run.ts";
import { Recoveries } from "../src/faults/look.ts";
import type { ProgramStep } from "../src/faults/stubborn-program.ts";
import { errorsIn, runPlans, shortTransfersIn } from "../src/rows/06-disk-faults.ts";
import { EMPTY } from "../src/whole-stack/promises.ts";
import { byHand, type Stack } from "../src/whole-stack/stack.ts";

const STEPS: readonly ProgramStep[] = [
  { do: "open", maxRetained: 1, maxChainLength: 1 },
  { do: "commit", changes: [{ key: "k0", length: 3 }] },
  { do: "full" },
  { do: "commit", changes: [{ key: "k1", length: 3 }] },
];

/** Every third fault of one errno: enough to see a defect. */
async function plansOf(stack: Stack): Promise<readonly Plan[]> {
  const [chapter] = await chaptersOf({ stack, lives: [STEPS] });
  if (chapter === undefined) throw new Error("there is no life");
  return [...errorsIn(chapter)].filter(({ what }, index) => what.startsWith("EIO") && index % 3 === 0);
}

it("finds nothing wrong with the stack as it is, whatever fails, and counts every fault that came about", async () => {
  const plans = await plansOf(byHand);
  const { reached, violations } = await runPlans(plans);
  expect(violations).toEqual([]);
  expect(reached).toBe(plans.length);
});

it("finds a stack that acknowledges a commit before its sync", async () => {
  const hasty: Stack = {
    ...byHand,
    name: "hasty",
    open: (disk, journal, opening) =>
      byHand.open(disk, { events: journal.events, tell: (event) => {
        journal.tell(event);
        if ("submitted" in event) journal.tell({ durable: journal.events.filter((told) => "submitted" in told).length });
      } }, opening),
  };
  const { violations } = await runPlans(await plansOf(hasty));
  expect(violations.join("\n")).toMatch(/came back, and .* had been acknowledged/);
});

it("finds a handle that is left open, an error without a code, and a rejection that nobody handles", async () => {
  const careless: Stack = {
    ...byHand,
    name: "careless",
    async open(disk, journal, opening) {
      const life = await byHand.open(disk, journal, opening).catch(async (error: unknown) => {
        await disk.create("/left-open").catch(() => undefined);
        void Promise.reject(new Error("dropped"));
        throw new Error("something went wrong", { cause: error });
      });
      return life;
    },
  };
  const { violations } = await runPlans(await plansOf(careless));
  for (const found of ["handles are open at the end", "which has no code", "nobody handles Error: dropped"]) expect(violations.join("\n")).toContain(found);
});

it("finds a timer that still runs after the end", async () => {
  const ticking: Stack = {
    ...byHand,
    name: "ticking",
    open: (disk, journal, opening) => {
      disk.clock.after(1e9, () => undefined);
      return byHand.open(disk, journal, opening);
    },
  };
  const { violations } = await runPlans((await plansOf(ticking)).slice(0, 3));
  expect(violations.join("\n")).toContain("timers wait at the end");
});

it("finds a recovery that loses what was acknowledged", async () => {
  const { violations } = await runPlans((await plansOf(byHand)).slice(-5), new Recoveries(async () => EMPTY));
  expect(violations.join("\n")).toContain("had been acknowledged");
});

it("shortens every read and every write", async () => {
  const [chapter] = await chaptersOf({ stack: byHand, lives: [STEPS] });
  if (chapter === undefined) throw new Error("there is no life");
  const { reached, violations } = await runPlans([...shortTransfersIn(chapter)].slice(0, 20));
  expect([reached, violations]).toEqual([20, []]);
});
