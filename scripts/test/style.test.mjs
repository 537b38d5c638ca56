import { expect, test } from "vitest";
import {
  errorCodes,
  errorTableFindings,
  median,
  nameFindings,
  sizeFindings,
  syntaxFindings,
  wordFindings,
} from "../style.mjs";

const source = "packages/wal/src/log.ts";

test("a source file of 351 lines is too long, one of 350 isn't", () => {
  expect(sizeFindings(source, "x\n".repeat(350))).toEqual([]);
  expect(sizeFindings(source, "x\n".repeat(351))).toHaveLength(1);
});

test("a test file may have 500 lines", () => {
  expect(sizeFindings("packages/wal/test/log.test.ts", "x\n".repeat(500))).toEqual([]);
  expect(sizeFindings("packages/wal/test/log.test.ts", "x\n".repeat(501))).toHaveLength(1);
});

test("the median of an even number of files is the mean of the two in the middle", () => {
  expect(median([])).toBe(0);
  expect(median([5])).toBe(5);
  expect(median([4, 1, 2])).toBe(2);
  expect(median([10, 1, 4, 2])).toBe(3);
});

test.each(["utils.ts", "common.ts", "types.ts", "helpers.test.ts"])("%s is a name that says nothing", (name) => {
  expect(nameFindings(`packages/wal/src/${name}`)).toHaveLength(1);
});

test("a name that holds such a word says something", () => {
  expect(nameFindings("packages/wal/src/entry-types.ts")).toEqual([]);
});

test("any, enums and default exports are found where they stand, not in words", () => {
  const text = `// any enum is a default\nexport enum A { B }\nexport const any = "any";\nconst c: any = 1;\nexport default c;\n`;
  expect(syntaxFindings(source, text)).toEqual([`${source}:2  an enum`, `${source}:4  \`any\``, `${source}:5  a default export`]);
});

test("what was left open and tests that do not run are found", () => {
  const open = ["TO", "DO"].join("");
  const only = ["it", "only"].join(".");
  expect(wordFindings(source, `a\n// ${open}: b\n`)).toEqual([`${source}:2  left open`]);
  expect(wordFindings("packages/wal/test/log.test.ts", `${only}("x", () => {});`)).toHaveLength(1);
});

test("a path of one machine is found in any file", () => {
  expect(wordFindings("README.md", `see ${["", "work", "main"].join("/")}`)).toHaveLength(1);
  expect(wordFindings("README.md", "the work of one flush")).toEqual([]);
});

test("every code of an error union needs a row in the README, and every row a code", () => {
  const codes = errorCodes(
    "packages/wal/src/wal-error.ts",
    `export type WalErrorCode =\n  | "WAL_IO"\n  | "WAL_LOCKED";\nexport type Other = "NO";`,
  );
  expect(codes).toEqual(["WAL_IO", "WAL_LOCKED"]);
  const readme = "| code | when |\n|---|---|\n| `WAL_IO` | the disk failed |\n| `WAL_GONE` | never |\n";
  expect(errorTableFindings("packages/wal", codes, readme)).toEqual([
    "packages/wal/README.md  its error table has no row for WAL_LOCKED",
    "packages/wal/README.md  a row for WAL_GONE, which no error has",
  ]);
});
