// The public surface of every door of every package, one page each in packages/*/api, committed: a change of it shows in a review.
// Usage: node scripts/api-reports.mjs [--write]

import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { CompilerState, Extractor, ExtractorConfig, ExtractorLogLevel } from "@microsoft/api-extractor";
import { doorsOf } from "./packages/doors.mjs";
import { capture, isMain, root } from "./process.mjs";

/** @typedef {import("./packages/doors.mjs").Door} Door */
/** @typedef {{ door: Door, text: string, forgotten: readonly string[] }} Report `forgotten`: types that it names and doesn't export */

/** @param {Door} door */
const pageOf = ({ name }) => `${name.split("/")[2] ?? "index"}.api.md`;
/** @param {Door} door */
const committedPage = (door) => path.join(door.folder, "api", pageOf(door));

/** @param {Door} door @param {string} directory takes what the extractor writes */
function configOf(door, directory) {
  const silent = { logLevel: ExtractorLogLevel.None };
  const loud = { logLevel: ExtractorLogLevel.Error };
  return ExtractorConfig.prepare({
    configObject: {
      projectFolder: door.folder,
      mainEntryPointFilePath: path.join(door.folder, door.file),
      compiler: {
        overrideTsconfig: {
          extends: path.join(root, "tsconfig.base.json"),
          compilerOptions: { types: ["node"], skipLibCheck: true },
          include: ["dist/**/*.d.ts"],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: pageOf(door),
        reportFolder: path.join(directory, path.basename(door.folder)),
        reportTempFolder: path.join(directory, "temporary"),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: "lf",
      messages: {
        compilerMessageReporting: { default: loud },
        // What is said and linked in doc comments is checked where the reference is made.
        tsdocMessageReporting: { default: silent },
        extractorMessageReporting: {
          default: loud,
          "ae-missing-release-tag": silent,
          "ae-undocumented": silent,
          "ae-unresolved-link": silent,
        },
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: path.join(door.folder, "package.json"),
  });
}

/** @param {Door} door @param {ExtractorConfig} config @param {CompilerState} compilerState @returns {Promise<Report>} */
async function extract(door, config, compilerState) {
  /** @type {string[]} */
  const forgotten = [];
  Extractor.invoke(config, {
    localBuild: true,
    compilerState,
    messageCallback: (message) => {
      message.handled = true;
      if (message.messageId === "ae-forgotten-export") forgotten.push(/"(.+?)"/.exec(message.text)?.[1] ?? message.text);
      else if (message.logLevel === ExtractorLogLevel.Error) throw new Error(`${door.name}: ${message.formatMessageWithLocation(root)}`);
    },
  });
  const written = await readFile(config.reportFilePath, "utf8");
  const text = written
    .replace(/^ *\/\/ \(undocumented\)\n/gm, "")
    .replaceAll("// @public (undocumented)", "// @public")
    .replace(/\/\/ \(No @packageDocumentation.*\n\n/, "")
    .replace(/^## API Report File for .*\n\n.*\n/, `## \`${door.name}\`\n\nMade by \`pnpm api --write\` from what the package exports. Don't edit it.\n`);
  return { door, text, forgotten };
}

/** @param {string} directory takes what the extractor writes @returns {Promise<Report[]>} */
async function extractAll(directory) {
  const doors = await doorsOf();
  await Promise.all(doors.map(({ folder }) => mkdir(path.join(directory, path.basename(folder)), { recursive: true })));
  const configs = doors.map((door) => configOf(door, directory));
  const [first] = configs;
  if (first === undefined) return [];
  const state = CompilerState.create(first, { additionalEntryPoints: configs.map((config) => config.mainEntryPointFilePath) });
  const reports = [];
  for (const [index, config] of configs.entries()) reports.push(await extract(/** @type {Door} */ (doors[index]), config, state));
  return reports;
}

/** Types that a user meets in what a door exports and can't name, as no door of the package exports them. @param {readonly Report[]} reports */
function unreachable(reports) {
  return reports.flatMap(({ door, forgotten }) => {
    const exported = reports.filter((other) => other.door.folder === door.folder).map(({ text }) => text).join("\n");
    const missing = forgotten.filter((name) => !new RegExp(`^export .*\\b${name}\\b`, "m").test(exported));
    return missing.map((name) => `${door.name} names the type ${name}, which no door of its package exports`);
  });
}

/** @param {Report} report @param {string} directory @returns {Promise<string | undefined>} the diff to what is committed */
async function difference({ door, text }, directory) {
  const now = path.join(directory, "now.md");
  await writeFile(now, text);
  const { code, output } = await capture("git", ["diff", "--no-index", "--no-color", committedPage(door), now]);
  const lines = output.split("\n").filter((line) => !/^(diff|index|---|\+\+\+) /.test(line));
  return code === 0 ? undefined : [`${path.relative(root, committedPage(door))} differs from what is exported now (+)`, ...lines].join("\n");
}

/** Pages of doors that are gone. @param {readonly Report[]} reports @returns {Promise<string[]>} */
async function leftOver(reports) {
  const folders = [...new Set(reports.map(({ door }) => door.folder))];
  const pages = folders.map(async (folder) => (await readdir(path.join(folder, "api")).catch(() => [])).map((page) => path.join(folder, "api", page)));
  return (await Promise.all(pages)).flat().filter((page) => !reports.some(({ door }) => committedPage(door) === page));
}

/** @template T @param {(reports: readonly Report[], directory: string) => Promise<T>} work @returns {Promise<T>} */
async function withReports(work) {
  const directory = await mkdtemp(path.join(tmpdir(), "laminar-"));
  try {
    return await work(await extractAll(directory), directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Prints every difference between the committed pages and the built packages; each door is a check. */
export function checkApi() {
  return withReports(async (reports, directory) => {
    const problems = [...unreachable(reports), ...(await leftOver(reports)).map((page) => `${path.relative(root, page)}: that door is gone`)];
    for (const report of reports) problems.push(...[await difference(report, directory)].filter((diff) => diff !== undefined));
    for (const problem of problems) console.log(problem);
    if (problems.length > 0) console.log("If the change is meant: npx --yes pnpm@12 api --write, and a changeset.");
    else console.log(`${reports.length} doors export what their pages in packages/*/api say`);
    return { passed: Math.max(0, reports.length - problems.length), failed: problems.length };
  });
}

/** Writes the pages anew. */
function writeApi() {
  return withReports(async (reports) => {
    for (const page of await leftOver(reports)) await rm(page);
    for (const { door, text } of reports) {
      await mkdir(path.join(door.folder, "api"), { recursive: true });
      await writeFile(committedPage(door), text);
    }
    const missing = unreachable(reports);
    for (const problem of missing) console.log(problem);
    console.log(`${reports.length} pages written`);
    return missing.length;
  });
}

if (isMain(import.meta.url)) {
  const failed = process.argv.includes("--write") ? await writeApi() : (await checkApi()).failed;
  process.exitCode = failed === 0 ? 0 : 1;
}
