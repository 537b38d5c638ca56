// Style as a test: what a reviewer would otherwise say again and again.

import { existsSync } from "node:fs";
import path from "node:path";
import { Visitor } from "oxc-parser";
import { folderOf } from "./arrow-rules.mjs";
import { commandFindings, linkFindings } from "./page-rules.mjs";
import { isMain, root } from "./process.mjs";
import { lineAt, parse, repositoryFiles, textOf } from "./sources.mjs";

const sourceLinesMost = 350;
const sourceLinesMedian = 120;
const testLinesMost = 500;
const emptyNames = ["utils", "util", "common", "helpers", "helper", "misc", "base", "types"];
// Written so that this file doesn't match itself.
const leftOpen = /\b(TO[D]O|FIX[M]E|XX[X])\b/;
const notRun = /\b(it|test|describe)\.(only|skip|todo)\(/;
const machine = /registry\.npm|npmjs\.(org|com)\/[^p]|deb\.debian\.org|\/work\/|\/tmp\/bash/;

/** @typedef {string} Finding `file:line  what is wrong` */

/** @param {string} text */
const linesOf = (text) => text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
/** @param {string} file */
const isSource = (file) => /^(packages|apps)\/[^/]+\/src\/.+\.ts$/.test(file);
/** @param {string} file */
const isTest = (file) => /^((packages|apps)\/[^/]+|scripts)\/test\/.+\.m?[jt]s$/.test(file);

/** @param {readonly number[]} numbers */
export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length === 0 ? 0 : ((sorted[Math.ceil(middle - 1)] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}

/** @param {string} file @param {string} text @returns {Finding[]} */
export function sizeFindings(file, text) {
  const most = isSource(file) ? sourceLinesMost : isTest(file) ? testLinesMost : Infinity;
  return linesOf(text) > most ? [`${file}  has ${linesOf(text)} lines; ${most} is the most`] : [];
}

/** @param {readonly string[]} files @returns {Finding[]} */
function medianFindings(files) {
  const folders = new Set(files.filter(isSource).map(folderOf));
  return [...folders].flatMap((folder) => {
    const middle = median(
      files.filter((file) => isSource(file) && folderOf(file) === folder).map((file) => linesOf(textOf(file))),
    );
    return middle > sourceLinesMedian
      ? [`${folder}  its median source file has ${middle} lines; ${sourceLinesMedian} is the most`]
      : [];
  });
}

/** @param {string} file @returns {Finding[]} */
export function nameFindings(file) {
  const name = path.posix.basename(file).split(".")[0] ?? "";
  return /\.m?[jt]s$/.test(file) && emptyNames.includes(name) ? [`${file}  the name says nothing about what is in it`] : [];
}

/** @param {string} file @param {string} text @returns {Finding[]} */
export function syntaxFindings(file, text) {
  /** @type {Finding[]} */
  const found = [];
  /** @param {string} what */
  const say = (what) => (/** @type {{ start: number }} */ node) => found.push(`${file}:${lineAt(text, node.start)}  ${what}`);
  new Visitor({
    TSAnyKeyword: say("`any`"),
    TSEnumDeclaration: say("an enum"),
    ExportDefaultDeclaration: say("a default export"),
  }).visit(parse(file, text));
  return found;
}

/** @param {string} file @param {string} text @returns {Finding[]} */
export function wordFindings(file, text) {
  const inCode = /^(packages|apps)\//.test(file);
  return text.split("\n").flatMap((line, index) => {
    const place = `${file}:${index + 1}`;
    return [
      ...(machine.test(line) ? [`${place}  a host or a path of one machine`] : []),
      ...(inCode && leftOpen.test(line) ? [`${place}  left open`] : []),
      ...(isTest(file) && notRun.test(line) ? [`${place}  a test that does not run, or keeps others from running`] : []),
    ];
  });
}

/**
 * The members of every `…ErrorCode` union of a file.
 *
 * @param {string} file
 * @param {string} text
 */
export function errorCodes(file, text) {
  /** @type {string[]} */
  const codes = [];
  new Visitor({
    TSTypeAliasDeclaration: ({ id, typeAnnotation }) => {
      const members = typeAnnotation.type === "TSUnionType" ? typeAnnotation.types : [typeAnnotation];
      for (const member of id.name.endsWith("ErrorCode") ? members : []) {
        if (member.type === "TSLiteralType" && member.literal.type === "Literal") codes.push(String(member.literal.value));
      }
    },
  }).visit(parse(file, text));
  return codes;
}

/**
 * Codes and the rows of the README's table agree, both ways.
 *
 * @param {string} folder
 * @param {readonly string[]} codes
 * @param {string} readme
 * @returns {Finding[]}
 */
export function errorTableFindings(folder, codes, readme) {
  const prefix = codes[0]?.split("_")[0];
  const rows = [...readme.matchAll(/^\|\s*`([A-Z]+_[A-Z_]+)`/gm)]
    .map(([, code]) => code ?? "")
    .filter((code) => code.split("_")[0] === prefix);
  return [
    ...codes.filter((code) => !rows.includes(code)).map((code) => `${folder}/README.md  its error table has no row for ${code}`),
    ...rows.filter((code) => !codes.includes(code)).map((code) => `${folder}/README.md  a row for ${code}, which no error has`),
  ];
}

/** @param {readonly string[]} files @returns {Finding[]} */
function errorFindings(files) {
  const errorFiles = files.filter((file) => /^packages\/[^/]+\/src\/(.+\/)?[^/]+-error\.ts$/.test(file));
  return [...new Set(errorFiles.map(folderOf))].flatMap((folder) => {
    const codes = errorFiles.filter((file) => folderOf(file) === folder).flatMap((file) => errorCodes(file, textOf(file)));
    return errorTableFindings(folder, codes, files.includes(`${folder}/README.md`) ? textOf(`${folder}/README.md`) : "");
  });
}

/** @param {readonly string[]} files @returns {import("./page-rules.mjs").Commands} */
function commandsOf(files) {
  const withCommand = files.filter((file) => /^packages\/[^/]+\/package\.json$/.test(file)).filter((file) => JSON.parse(textOf(file)).bin);
  const cli = withCommand.map((file) => /** @type {[string, string]} */ ([
    JSON.parse(textOf(file)).name,
    files.filter((other) => other.startsWith(`${folderOf(file)}/src/cli/`)).map(textOf).join("\n"),
  ]));
  return { scripts: Object.keys(JSON.parse(textOf("package.json")).scripts), cli: new Map(cli) };
}

/** @param {readonly string[]} pages @param {readonly string[]} files @returns {Finding[]} */
function pageFindings(pages, files) {
  const commands = commandsOf(files);
  /** @param {string} target */
  const exists = (target) => existsSync(path.join(root, target));
  return pages.flatMap((file) => [...linkFindings(file, textOf(file), exists, textOf), ...commandFindings(file, textOf(file), commands)]);
}

/** Prints every finding. */
export function checkStyle() {
  const files = repositoryFiles();
  const code = files.filter((file) => (isSource(file) || isTest(file)) && file.endsWith(".ts"));
  const prose = files.filter((file) => file.endsWith(".md") && !file.startsWith(".changeset/"));
  const findings = [
    ...files.flatMap(nameFindings),
    ...[...code, ...files.filter((file) => file.startsWith("scripts/test/"))].flatMap((file) => sizeFindings(file, textOf(file))),
    ...medianFindings(files),
    ...code.flatMap((file) => syntaxFindings(file, textOf(file))),
    ...files
      .filter((file) => /\.(m?[jt]s|json|ya?ml|md)$|^\.ci\//.test(file))
      .flatMap((file) => wordFindings(file, textOf(file))),
    ...errorFindings(files),
    ...pageFindings(prose, files),
  ];
  for (const finding of findings) console.log(finding);
  const verdict = findings.length === 0 ? "nothing to mend" : `${findings.length} findings`;
  console.log(`${code.length} source and test files, ${prose.length} pages: ${verdict}`);
  return findings.length === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

if (isMain(import.meta.url)) process.exitCode = checkStyle().failed;
