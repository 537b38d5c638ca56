import { describe, expect, it } from "vitest";
import { type CheckpointReader, openCheckpointReader } from "../src/index.ts";
import { createSimulatedDisk } from "@laminar/disk/testing";
import { checkpointReaderConformance } from "../src/testing/index.ts";
import { BROKEN_READERS } from "./broken-readers.ts";
import { memoryReader } from "./readable-stores.ts";

type Case = { readonly name: string; readonly body: () => Promise<void> };

function casesFor(alter: (reader: CheckpointReader) => Partial<CheckpointReader>): readonly Case[] {
  const cases: Case[] = [];
  const altered = (reader: CheckpointReader): CheckpointReader => ({ ...reader, ...alter(reader) });
  checkpointReaderConformance({
    test: (name, body) => void cases.push({ name, body }),
    create: async (content) => {
      const given = await memoryReader(content);
      return { ...given, reader: altered(given.reader) };
    },
    createAbsent: async () => altered(openCheckpointReader("/nowhere", { disk: createSimulatedDisk() })),
  });
  return cases;
}

async function failuresOf(cases: readonly Case[]): Promise<readonly string[]> {
  const failures: string[] = [];
  for (const { name, body } of cases) await body().catch(() => failures.push(name));
  return failures;
}

describe("the conformance suite of readers", () => {
  const names = casesFor(() => ({})).map(({ name }) => name);

  it("lets a reader of a store in memory pass", async () => {
    expect(await failuresOf(casesFor(() => ({})))).toEqual([]);
  });

  it("has only cases that a broken reader fails, each with a name of its own", () => {
    expect(new Set(names).size).toBe(names.length);
    const catching = new Set(BROKEN_READERS.map(({ caughtBy }) => caughtBy));
    expect(names.filter((name) => !catching.has(name))).toEqual([]);
    expect([...catching].filter((name) => !names.includes(name))).toEqual([]);
    console.log(`${names.length} cases, ${BROKEN_READERS.length} broken readers, each caught by the case that is about it`);
  });

  it.each(BROKEN_READERS)("catches a reader that $breaks", async ({ alter, caughtBy }) => {
    expect(await failuresOf(casesFor(alter).filter(({ name }) => name === caughtBy))).toEqual([caughtBy]);
  });

  it("declares no case for what a reader says that it lacks", () => {
    const declared: string[] = [];
    checkpointReaderConformance({ test: (name) => void declared.push(name), create: memoryReader, lacks: ["damage", "removal"] });
    expect(declared.filter((name) => /damaged|gone|was (changed|cut|replaced|emptied)/.test(name))).toEqual([]);
    expect(declared.length).toBeGreaterThan(10);
  });
});
