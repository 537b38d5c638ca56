import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { capture, root } from "../process.mjs";
import { lineAt, repositoryFiles, textOf } from "../sources.mjs";

const tsc = path.join(path.dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
// From here all packages can be imported.
const directory = path.join(root, "apps/examples", `.page-examples-${process.pid}`);

const pages = repositoryFiles().filter((file) => file.endsWith(".md") && !file.startsWith(".changeset/") && !/\/api\/|CHANGELOG/.test(file));
const examples = pages.flatMap((page) => {
  const text = textOf(page);
  return [...text.matchAll(/```(ts|js)\n([\s\S]*?)```/g)].map(({ index, 1: language = "", 2: code = "" }, i) => {
    const line = lineAt(text, index);
    return { page, number: i + 1, language, code, name: `${page.replace(/\W+/g, "-")}-line-${line}` };
  });
});

/** Lines that show one call on things that the page has named in words: nothing that runs by itself. */
const fragments = ["packages/disk/TESTING.md 2", "packages/disk/TESTING.md 3"];

/**
 * What they print, in an empty directory and once more on what that run left. Others print what they like.
 *
 * @type {Readonly<Record<string, readonly [first: string | RegExp, second: string | RegExp]>>}
 */
const prints = {
  "README.md 1": ["", ""],
  "README.md 2": ["", ""],
  "docs/guides/composing.md 1": ["0 keys as of record 0; a fresh start\n", "1 keys as of record 2; recovered\n"],
  "docs/guides/durability.md 1": [/^\[ 1, 2, 3 \]\n$/, /^\[ 4, 5, 6 \]\n$/],
  "docs/guides/exactly-once.md 1": ["{ to: 2, be: 2, or: 1, not: 1 }\n", "{ to: 2, be: 2, or: 1, not: 1 }\n"],
  "docs/guides/exactly-once.md 2": ["sent mail:17 to ada@example.org\n", "sent mail:17 to ada@example.org\n"],
  "packages/checkpoint/README.md 1": ["everything up to record 0", "everything up to record 0"],
  "packages/checkpoint/README.md 2": ["delta 2\n", "delta 2\n"],
  "packages/checkpoint/README.md 3": [/[#ℹ] fail 0/, /[#ℹ] fail 0/],
  "packages/disk/README.md 1": ["true\n", "true\n"],
  "packages/recovery/README.md 1": ["1\n", "2\n"],
  "packages/recovery/README.md 2": ["Fresh start: there is neither a checkpoint nor a log.\n", /^Checkpoint 1 at record 2 \(1 key, .* 0 entries read/],
  "packages/state-snapshot/README.md 1": ["1 1 12\n", "1 1 12\n"],
  "packages/wal/README.md 1": ["1 put\n2 commit\n", "1 put\n2 commit\n3 put\n4 commit\n"],
  "packages/wal/README.md 2": ["1 paid 1250n\n", "1 paid 1250n\n2 paid 1250n\n"],
  "packages/wal/README.md 3": [/[#ℹ] fail 0/, /[#ℹ] fail 0/],
};

const idOf = (/** @type {{ page: string, number: number }} */ { page, number }) => `${page} ${number}`;
const runnable = examples.filter((example) => !fragments.includes(idOf(example)));

/** What the compiler says, after it has written what can be run into `out`. */
let said = "";

beforeAll(() => {
  const compilerOptions = {
    target: "ES2022",
    lib: ["ES2022", "DOM", "ESNext.Disposable"],
    types: ["node"],
    module: "NodeNext",
    moduleDetection: "force",
    strict: true,
    outDir: "out",
    rootDir: ".",
    skipLibCheck: true,
  };
  mkdirSync(path.join(directory, "out"), { recursive: true });
  const inTypeScript = examples.filter(({ language }) => language === "ts");
  for (const { name, code, language } of runnable) writeFileSync(path.join(directory, language === "ts" ? `${name}.ts` : `out/${name}.js`), code);
  writeFileSync(path.join(directory, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(path.join(directory, "tsconfig.json"), JSON.stringify({ compilerOptions, files: inTypeScript.map(({ name }) => `${name}.ts`) }));
  try {
    execFileSync(process.execPath, [tsc, "-p", directory], { cwd: directory, encoding: "utf8" });
  } catch (error) {
    said = /** @type {{ stdout: string }} */ (error).stdout;
  }
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

it(`compiles every example in TypeScript of the pages with a user's strict settings`, () => {
  expect(said).toBe("");
});

it("knows every example by its place", () => {
  const all = examples.map(idOf);
  expect(Object.keys(prints).filter((id) => !all.includes(id))).toEqual([]);
  expect(fragments.filter((id) => !all.includes(id))).toEqual([]);
  console.log(`${runnable.length} of ${all.length} examples are run; ${fragments.join(" and ")} show one call on what the page speaks of`);
});

/** As a user would: in a directory of its own. A module's imports are looked up from where its file stands. @param {string} name @param {string} cwd */
const run = (name, cwd) => capture(process.execPath, [path.join(directory, "out", `${name}.js`)], { cwd });

it.concurrent.each(runnable.map((example) => ({ id: idOf(example), ...example })))("$id runs in an empty directory, and again on what it left", async ({ id, name }) => {
  expect(existsSync(path.join(directory, "out", `${name}.js`))).toBe(true);
  const cwd = mkdtempSync(path.join(tmpdir(), "laminar-page-"));
  try {
    for (const expected of prints[id] ?? [/(?:)/, /(?:)/]) {
      const { code, output } = await run(name, cwd);
      expect({ code, output }).toEqual({ code: 0, output: expected instanceof RegExp ? expect.stringMatching(expected) : expected });
      expect(output).not.toMatch(/^not ok/m);
    }
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
});

it("the five lines of the root README are those of @laminar/recovery", () => {
  const fiveLines = examples.find(({ page }) => page === "README.md")?.code ?? "";
  expect(fiveLines).toContain("openDurableState");
  expect(examples.find(({ page }) => page === "packages/recovery/README.md")?.code).toContain(fiveLines);
});
