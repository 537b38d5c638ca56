import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { parseSync, Visitor } from "oxc-parser";
import { root } from "./process.mjs";

/**
 * Every file of the repository that is tracked or will be, with forward slashes, relative to the top.
 *
 * @returns {string[]}
 */
export function repositoryFiles() {
  const listing = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
  });
  const gone = execFileSync("git", ["ls-files", "-z", "--deleted"], { cwd: root, encoding: "utf8" }).split("\0");
  return [...new Set(listing.split("\0"))].filter((file) => file !== "" && !gone.includes(file));
}

/** @param {string} file relative to the top */
export function textOf(file) {
  return readFileSync(path.join(root, file), "utf8");
}

/** @param {string} text @param {number} offset */
export function lineAt(text, offset) {
  return text.slice(0, offset).split("\n").length;
}

/**
 * Parses TypeScript; a file that doesn't parse is an error here and not a file without findings.
 *
 * @param {string} file
 * @param {string} text
 */
export function parse(file, text) {
  const result = parseSync(file, text);
  const [error] = result.errors;
  if (error !== undefined) throw new SyntaxError(`${file}: ${error.message}`);
  return result.program;
}

/**
 * @typedef {object} Import
 * @property {string | undefined} module as written; undefined if it is computed
 * @property {number} line
 * @property {boolean} runTime whether the import is still there in the JavaScript that TypeScript emits: with
 *   `verbatimModuleSyntax`, `import { type X }` is, `import type { X }` isn't
 */

/**
 * Everything that a module takes from others: imports, re-exports, `import()`, `require()`, `import("x").T`.
 *
 * @param {string} file
 * @param {string} text
 * @returns {Import[]}
 */
export function importsOf(file, text) {
  /** @type {Import[]} */
  const found = [];
  /**
   * @param {{ start: number }} node
   * @param {{ type: string, value?: unknown } | null | undefined} source
   * @param {boolean} runTime
   */
  const add = (node, source, runTime) => {
    const module = source?.type === "Literal" && typeof source.value === "string" ? source.value : undefined;
    found.push({ module, line: lineAt(text, node.start), runTime });
  };
  new Visitor({
    ImportDeclaration: (node) => add(node, node.source, node.importKind !== "type"),
    ExportAllDeclaration: (node) => add(node, node.source, node.exportKind !== "type"),
    ExportNamedDeclaration: (node) => node.source && add(node, node.source, node.exportKind !== "type"),
    ImportExpression: (node) => add(node, node.source, true),
    TSImportType: (node) => add(node, node.source, false),
    CallExpression: (node) => {
      const called = node.callee.type === "MemberExpression" ? node.callee.property : node.callee;
      if (called.type === "Identifier" && ["require", "getBuiltinModule"].includes(called.name))
        add(node, node.arguments[0], true);
    },
  }).visit(parse(file, text));
  return found;
}

/**
 * Every string that stands in a module, those of its imports too.
 *
 * @param {string} file
 * @param {string} text
 * @returns {string[]}
 */
export function literalsOf(file, text) {
  /** @type {string[]} */
  const found = [];
  new Visitor({ Literal: (node) => typeof node.value === "string" && found.push(node.value) }).visit(parse(file, text));
  return found;
}
