import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import type { ModelStep } from "../src/model-runs/steps.ts";
import type { OpenSubject } from "../src/model-runs/subject.ts";
import { compareWithModel, openByHand, openDurable } from "../src/rows/11-reference-model.ts";

/** Does what `open` gives does, but for steps of a kind, of which the model alone hears. */
const without =
  (open: OpenSubject, kind: ModelStep["do"]): OpenSubject =>
  async (disk, model) => {
    const subject = await open(disk, model);
    return {
      async take(step) {
        if (step.do === kind) model.rollback();
        else await subject.take(step);
      },
      close: () => subject.close(),
    };
  };

const violationOf = async (open: OpenSubject): Promise<string> => (await compareWithModel(open, { size: "check", goal: 20, seed: 1, scratch: "" })).violations.join("\n");

it("sees a rollback that drops nothing, and shows the steps that it takes", async () => {
  const violation = await violationOf(without(openDurable, "roll back"));
  expect(violation).toMatch(/^seed \d+: step \d: Error: .* should be/);
  expect(violation.match(/^\d+: \{/gm)?.length).toBeLessThanOrEqual(4);
  expect(violation).toContain('{"do":"roll back"}');
});

it("sees that a fence takes nothing out of use", async () => {
  const violation = await violationOf(without(openByHand, "roll back"));
  expect(violation).toMatch(/^seed \d+: step \d: Error: .* should be/);
  expect(violation).toContain('{"do":"roll back"}');
});

it("has a model that can be read at a glance", async () => {
  const model = await readFile(new URL("../src/reference-model.ts", import.meta.url), "utf8");
  expect(model.trimEnd().split("\n").length).toBeLessThanOrEqual(60);
});
