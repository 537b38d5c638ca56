import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { expect, test } from "vitest";
import { root } from "../process.mjs";
import { lineAt, repositoryFiles, textOf } from "../sources.mjs";

const tsc = path.join(path.dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
// From here all packages can be imported.
const directory = path.join(root, "apps/examples", `.page-examples-${process.pid}`);

const pages = repositoryFiles().filter((file) => file.endsWith(".md") && !file.startsWith(".changeset/") && !/\/api\/|CHANGELOG/.test(file));
const examples = pages.flatMap((page) => {
  const text = textOf(page);
  return [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(({ index, 1: code = "" }) => {
    const line = lineAt(text, index);
    return { page, code, file: `${page.replace(/\W+/g, "-")}-line-${line}.ts` };
  });
});

/** What a page says in words and an example takes for given. @param {string} code */
const given = (code) => (/\{ type: "put", key, value \}/.test(code) ? "declare const key: Uint8Array, value: Uint8Array;\n" : "");

// Those that are marked as JavaScript are run by the tests of their pages.
test(`all ${examples.length} examples in TypeScript of the pages compile, with a consumer's strict settings`, () => {
  const compilerOptions = {
    target: "ES2022",
    lib: ["ES2022", "DOM", "ESNext.Disposable"],
    types: ["node"],
    module: "NodeNext",
    moduleDetection: "force",
    strict: true,
    noEmit: true,
    skipLibCheck: true,
  };
  mkdirSync(directory);
  try {
    for (const { file, code } of examples) writeFileSync(path.join(directory, file), given(code) + code);
    writeFileSync(path.join(directory, "package.json"), JSON.stringify({ type: "module" }));
    writeFileSync(path.join(directory, "tsconfig.json"), JSON.stringify({ compilerOptions, files: examples.map(({ file }) => file) }));
    let said = "";
    try {
      execFileSync(process.execPath, [tsc, "-p", directory], { cwd: directory, encoding: "utf8" });
    } catch (error) {
      said = /** @type {{ stdout: string }} */ (error).stdout;
    }
    expect(said).toBe("");
    expect(new Set(examples.map(({ page }) => page))).toContain("README.md");
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
