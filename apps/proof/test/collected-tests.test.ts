import { expect, it } from "vitest";
import { CollectedTests } from "../src/runtimes/collected-tests.ts";

it("collected tests that pass, fail, hang and are skipped are counted as such, and told by their names", async () => {
  const tests = new CollectedTests(5);
  const declare = tests.in("group");
  declare("passes", async () => undefined);
  declare("throws", async () => {
    throw new Error("planted");
  });
  declare("hangs", () => new Promise(() => undefined));
  declare("passes after that", async () => undefined);
  declare.skip();
  const told: string[] = [];
  expect(await tests.run((failure) => told.push(failure))).toEqual({ passed: 2, failed: 2, skipped: 1 });
  expect(told).toHaveLength(2);
  expect(told[0]).toMatch(/^FAILED group: throws\n.*planted/);
  expect(told[1]).toMatch(/^FAILED group: hangs\n.*hasn't ended/);
});
