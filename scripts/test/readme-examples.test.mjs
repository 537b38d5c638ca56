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

/** @param {string} name */
const exampleOf = (name) => examplesOf(name, "ts")[0] ?? "throw new Error('no example');";

/**
 * Runs it as a user would, in an empty directory; a module's imports are looked up from where its file stands.
 * @param {string} name
 * @param {string} directory
 * @param {string} [code]
 */
function run(name, directory, code = exampleOf(name)) {
  const file = join(packages, name, "test", `example-of-the-readme-${process.pid}.mjs`);
  writeFileSync(file, code);
  try {
    return execFileSync(process.execPath, [file], { cwd: directory, encoding: "utf8" });
  } finally {
    rmSync(file);
  }
}

it.each([
  ["wal", "1 put\n2 commit\n", "1 put\n2 commit\n3 put\n4 commit\n"],
  ["checkpoint", "everything up to record 0", "everything up to record 0"],
  ["recovery", "Fresh start: there is neither a checkpoint nor a log.\n", /^Checkpoint 1 at record 2 \(1 key, .* 0 entries read/],
])("the example of @laminar/%s runs, and runs again on what it left", (name, first, second) => {
  const directory = mkdtempSync(join(tmpdir(), "laminar-readme-"));
  try {
    expect(run(name, directory)).toBe(first);
    const again = run(name, directory);
    if (second instanceof RegExp) expect(again).toMatch(second);
    else expect(again).toBe(second);
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
