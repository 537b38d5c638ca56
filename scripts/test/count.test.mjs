import { expect, test } from "vitest";
import { closingLine, countTests } from "../count.mjs";

/** @param {Partial<NonNullable<Parameters<typeof countTests>[0]>>} report */
const reportOf = (report) => ({
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [],
  ...report,
});

test("counts what passed and what failed", () => {
  const failing = { status: "failed", assertionResults: [{ status: "failed" }, { status: "failed" }] };
  expect(countTests(reportOf({ numFailedTests: 2, testResults: [failing] }), 1)).toEqual({ passed: 3, failed: 2, skipped: 0 });
});

test("a file that could not be loaded is a failure, though none of its tests failed", () => {
  expect(countTests(reportOf({ testResults: [{ status: "failed", assertionResults: [] }] }), 1).failed).toBe(1);
});

test("an exit code that no failed test explains is a failure", () => {
  expect(countTests(reportOf({}), 1).failed).toBe(1);
});

test("no report is a failure", () => {
  expect(countTests(undefined, 0)).toEqual({ passed: 0, failed: 1 });
});

test("the closing line names what was skipped only if something was", () => {
  expect(closingLine({ passed: 12, failed: 0 })).toBe("12 passed, 0 failed");
  expect(closingLine({ passed: 12, failed: 1, skipped: 2 })).toBe("12 passed, 1 failed, 2 skipped");
});
