import { dirname, join } from "node:path";
import type { SimulatedDisk } from "@laminar/disk/testing";
import { describe, expect, it } from "vitest";
import { nameOf } from "../src/checkpoint-names.ts";
import { FileStoreSteps } from "../src/file-store-steps.ts";
import { type Alter, StoreCrashes } from "./store-crashes.ts";

const nothing = async (): Promise<void> => undefined;

async function removeInPlace(disk: SimulatedDisk, directory: string): Promise<void> {
  for (const { name } of await disk.list(directory)) await disk.remove(join(directory, name));
  await disk.removeDirectory(directory);
}

/** Every step left out, and what is lost without it. */
const WITHOUT: Readonly<Record<string, { readonly alter: Alter; readonly finds: RegExp }>> = {
  makePlace: {
    alter: (disk) => ({
      async makePlace(place) {
        for (const directory of [dirname(place), place]) if (!(await disk.stat(directory))) await disk.makeDirectory(directory);
      },
    }),
    finds: /is missing|is lost after it|could be given again/,
  },
  syncFound: { alter: () => ({ syncFound: nothing }), finds: /is lost after it|could be given again/ },
  nameWhileBuilt: { alter: () => ({ nameWhileBuilt: (id) => nameOf("checkpoint", id) }), finds: /is torn/ },
  syncState: { alter: () => ({ syncState: nothing }), finds: /is torn/ },
  syncMetadata: { alter: () => ({ syncMetadata: nothing }), finds: /is torn/ },
  syncBuilt: { alter: () => ({ syncBuilt: nothing }), finds: /is torn/ },
  giveName: { alter: () => ({ giveName: nothing }), finds: /was published and is missing/ },
  syncPublished: { alter: () => ({ syncPublished: nothing }), finds: /was published and is missing/ },
  takeBack: { alter: () => ({ takeBack: nothing }), finds: /is there and should not be/ },
  syncTakenBack: { alter: () => ({ syncTakenBack: nothing }), finds: /is there and should not be/ },
  takeName: { alter: (disk) => ({ takeName: (published) => removeInPlace(disk, published) }), finds: /is torn/ },
  syncWithdrawn: { alter: () => ({ syncWithdrawn: nothing }), finds: /is there and should not be/ },
  giveBack: { alter: () => ({ giveBack: nothing }), finds: /is torn/ },
  syncLeftovers: { alter: () => ({ syncLeftovers: nothing }), finds: /could be given again/ },
  nameThatStays: { alter: () => ({ nameThatStays: () => undefined }), finds: /could be given again/ },
};

const steps = Object.getOwnPropertyNames(FileStoreSteps.prototype).filter((name) => name !== "constructor");

describe("each step of the store in a directory", () => {
  it("stands: with all of them nothing is lost in any crash", async () => {
    const crashes = new StoreCrashes();
    expect(await crashes.firstLoss()).toBeUndefined();
    expect(crashes.states.size).toBeGreaterThan(1000);
    console.log(`${steps.length} steps, ${crashes.states.size} distinct states, nothing lost that anybody was told of`);
    console.log(`${crashes.residue} states with what a failed sync and two crashes leave`);
  });

  it("is left out by one of the tests below", () => {
    expect(Object.keys(WITHOUT).sort()).toEqual([...steps].sort());
  });

  it.each(steps)("is needed: %s", async (step) => {
    const without = WITHOUT[step];
    const crashes = new StoreCrashes(without?.alter);
    const loss = await crashes.firstLoss().catch((error: unknown) => `stopped: ${String(error)}`);
    console.log(`without ${step}: ${loss}`);
    expect(loss).toMatch(without?.finds ?? /^$/);
  });
});
