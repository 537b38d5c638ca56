import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const packages = fileURLToPath(new URL("../../packages/", import.meta.url));

/**
 * The examples of a package's README that are marked as `language`.
 * @param {string} name
 * @param {string} language
 */
function examplesOf(name, language) {
  const page = readFileSync(join(packages, name, "README.md"), "utf8");
  return [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map(([, code]) => code ?? "");
}

/**
 * The TypeScript example with that number, from 1. The one type argument that stands in them is left out.
 * @param {string} name
 * @param {number} number
 */
const exampleOf = (name, number) => (examplesOf(name, "ts")[number - 1] ?? "throw new Error('no example');").replace("<number>", "");

/**
 * Runs it as a user would, in an empty directory; a module's imports are looked up from where its file stands.
 * @param {string} name
 * @param {string} directory
 * @param {string} code
 */
function run(name, directory, code) {
  const file = join(packages, name, "test", `example-of-the-readme-${process.pid}.mjs`);
  writeFileSync(file, code);
  try {
    return execFileSync(process.execPath, [file], { cwd: directory, encoding: "utf8" });
  } finally {
    rmSync(file);
  }
}

it.each(
  /** @type {[name: string, number: number, first: string | RegExp, second: string | RegExp][]} */ ([
    ["wal", 1, "1 put\n2 commit\n", "1 put\n2 commit\n3 put\n4 commit\n"],
    ["checkpoint", 1, "everything up to record 0", "everything up to record 0"],
    ["checkpoint", 2, "delta 2\n", "delta 2\n"],
    ["checkpoint", 3, /[#ℹ] fail 0/, /[#ℹ] fail 0/],
    ["recovery", 1, "1\n", "2\n"],
    ["recovery", 2, "Fresh start: there is neither a checkpoint nor a log.\n", /^Checkpoint 1 at record 2 \(1 key, .* 0 entries read/],
  ]),
)("@laminar/%s's example %i runs, and runs again on what it left", (name, number, first, second) => {
  const directory = mkdtempSync(join(tmpdir(), "laminar-readme-"));
  try {
    const code = exampleOf(name, number);
    for (const expected of [first, second]) expect(run(name, directory, code)).toMatch(expected instanceof RegExp ? expected : new RegExp(`^${expected}$`));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

it.each(examplesOf("wal", "js").map((code, i) => ({ code, number: i + 2 })))("example $number of @laminar/wal runs", ({ code }) => {
  const directory = mkdtempSync(join(tmpdir(), "laminar-readme-"));
  try {
    expect(run("wal", directory, code)).not.toMatch(/^not ok/m);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

it("the five lines of the root README are those of @laminar/recovery, which run", () => {
  const page = readFileSync(join(packages, "..", "README.md"), "utf8");
  const fiveLines = /```ts\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
  expect(fiveLines).toContain("openDurableState");
  expect(examplesOf("recovery", "ts")[0]).toContain(fiveLines);
});
