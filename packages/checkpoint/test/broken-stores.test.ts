import { describe, expect, it } from "vitest";
import type { CheckpointStore } from "../src/index.ts";
import { memoryCheckpointStore } from "../src/index.ts";
import { checkpointStoreConformance } from "../src/testing/index.ts";
import { alteredMemory } from "./altered-stores.ts";
import { BROKEN_STORES } from "./broken-stores.ts";

type Case = { readonly name: string; readonly body: () => Promise<void> };

function casesFor(create: () => CheckpointStore, reopen: (store: CheckpointStore) => CheckpointStore): readonly Case[] {
  const cases: Case[] = [];
  checkpointStoreConformance({
    test: (name, body) => void cases.push({ name, body }),
    create: async () => create(),
    reopen: async (store) => reopen(store),
  });
  return cases;
}

async function failuresOf(cases: readonly Case[]): Promise<readonly string[]> {
  const failures: string[] = [];
  for (const { name, body } of cases) await body().catch(() => failures.push(name));
  return failures;
}

describe("the conformance suite", () => {
  const names = casesFor(memoryCheckpointStore, (store) => store).map(({ name }) => name);

  it("lets a store in memory pass that is opened twice", async () => {
    expect(await failuresOf(casesFor(memoryCheckpointStore, (store) => store))).toEqual([]);
  });

  it("has only cases that a broken store fails, each with a name of its own", () => {
    expect(new Set(names).size).toBe(names.length);
    const catching = new Set(BROKEN_STORES.map(({ caughtBy }) => caughtBy));
    expect(names.filter((name) => !catching.has(name))).toEqual([]);
    expect([...catching].filter((name) => !names.includes(name))).toEqual([]);
    console.log(`${names.length} cases, ${BROKEN_STORES.length} broken stores, each caught by the case that is about it`);
  });

  it.each(BROKEN_STORES)("catches a store that $breaks", async ({ alter, reopened, caughtBy }) => {
    const cases = casesFor(() => alteredMemory(alter), (store) => ({ ...store, ...reopened?.(store) }));
    expect(await failuresOf(cases.filter(({ name }) => name === caughtBy))).toEqual([caughtBy]);
  });
});
