import { expect, it } from "vitest";
import { countOf } from "../runtimes.mjs";
import { runtimes } from "../runtimes/bring.mjs";

it("a run counts by the last line of its programme", () => {
  expect(countOf(0, `x\n{"passed":5,"failed":0,"skipped":1}\n`)).toEqual({ passed: 5, failed: 0, skipped: 1 });
  expect(countOf(1, `{"passed":5,"failed":2,"skipped":0}`)).toEqual({ passed: 5, failed: 2, skipped: 0 });
});

it("a run that breaks off, or ends badly after a good line, has failed", () => {
  for (const output of ["", "Segmentation fault\n", "{}", `{"passed":5}`, "null"]) expect(countOf(0, output)).toEqual({ passed: 0, failed: 1 });
  expect(countOf(134, `{"passed":5,"failed":0,"skipped":0}`)).toEqual({ passed: 5, failed: 1, skipped: 0 });
});

it("a runtime comes in one exact version", () => {
  expect(runtimes.map(({ name }) => name)).toEqual(["node22", "node24", "node26", "bun", "deno"]);
  for (const { version } of runtimes) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
});
