import { expect, it } from "vitest";
import { CollectedTests } from "../src/runtimes/collected-tests.ts";

it("collected tests that pass, fail, hang and are skipped are counted as such, and told by their names", async () => {
  const tests = new CollectedTests(5);
  const test = tests.in("group");
  test("passes", async () => undefined);
  test("throws", async () => {
    throw new Error("planted");
  });
  test("hangs", () => new Promise(() => undefined));
  test("passes after that", async () => undefined);
  test.skip();
  const told: string[] = [];
  expect(await tests.run((failure) => told.push(failure))).toEqual({ passed: 2, failed: 2, skipped: 1 });
  expect(told).toHaveLength(2);
  expect(told[0]).toMatch(/^FAILED group: throws\n.*planted/);
  expect(told[1]).toMatch(/^FAILED group: hangs\n.*hasn't ended/);
});
