// A whole release in a copy of the work tree, published to nobody: versions, changelogs, build, tarballs, an install, the demo.

import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { install } from "./packages/consumer.mjs";
import { packAll } from "./packages/pack.mjs";
import { capture, isMain, pnpm, root, seconds } from "./process.mjs";
import { repositoryFiles } from "./sources.mjs";

const demo = "@laminar/demo";

/** @param {string} what @param {string} command @param {readonly string[]} args @param {string} cwd */
async function step(what, command, args, cwd) {
  const started = performance.now();
  const { code, output } = await capture(command, args, { cwd });
  if (code !== 0) throw new Error(`${what} failed with exit code ${code}\n${output}`);
  console.log(`${what}, ${seconds(started)}`);
  return output;
}

/** Copies what is tracked, or will be, and makes a repository of it, as changesets asks one. @param {string} copy */
async function copyWorkTree(copy) {
  for (const file of repositoryFiles()) {
    await mkdir(path.dirname(path.join(copy, file)), { recursive: true });
    await cp(path.join(root, file), path.join(copy, file));
  }
  const identity = ["-c", "user.name=dry run", "-c", "user.email=dry-run@localhost", "-c", "commit.gpgsign=false"];
  await step("repository", "git", ["init", "--quiet", "--initial-branch=main"], copy);
  await step("files", "git", ["add", "--all"], copy);
  await step("copy of the work tree", "git", [...identity, "commit", "--quiet", "--no-verify", "--message=as it is"], copy);
}

/** @param {string} copy @returns {Promise<Map<string, string>>} the version of each package that is published */
async function versionsOf(copy) {
  const names = ["disk", "wal", "state-snapshot", "checkpoint", "recovery"];
  const manifests = names.map(async (name) => JSON.parse(await readFile(path.join(copy, "packages", name, "package.json"), "utf8")));
  return new Map((await Promise.all(manifests)).map(({ name, version }) => [name, version]));
}

/** @param {string} copy @param {ReadonlyMap<string, string>} before @param {ReadonlyMap<string, string>} after */
async function showChangelogs(copy, before, after) {
  for (const [name, version] of after) {
    const folder = path.join(copy, "packages", path.basename(name));
    if (version !== before.get(name)) console.log(`\n${await readFile(path.join(folder, "CHANGELOG.md"), "utf8")}`);
  }
  for (const [name, version] of after) console.log(`${name.padEnd(24)} ${before.get(name)} → ${version}`);
}

/** @param {string} directory */
async function release(directory) {
  const copy = path.join(directory, "copy");
  await copyWorkTree(copy);
  const before = await versionsOf(copy);
  await step("install", ...pnpm("install", "--prefer-offline", "--frozen-lockfile"), copy);
  await step("version", ...pnpm("version-packages"), copy);
  const after = await versionsOf(copy);
  await showChangelogs(copy, before, after);
  await step("build", ...pnpm("build", `--filter=${demo}`), copy);
  const tarballs = path.join(directory, "tarballs");
  const all = await packAll(tarballs, copy);
  await step("pack", ...pnpm("--filter", demo, "pack", "--out", path.join(tarballs, "demo.tgz")), copy);

  const stranger = path.join(directory, "stranger");
  const packed = { name: demo, folder: "", tarball: path.join(tarballs, "demo.tgz"), bytes: 0, doors: [], siblings: [...all.keys()] };
  const { code, output } = await install(stranger, packed, all);
  if (code !== 0) throw new Error(`the tarballs can't be installed\n${output}`);
  for (const [name, version] of after) {
    const manifest = JSON.parse(await readFile(path.join(stranger, "node_modules", name, "package.json"), "utf8"));
    if (manifest.version !== version) throw new Error(`${name} arrived as ${manifest.version}, not as ${version}`);
  }
  const shown = await step("demo with the tarballs", process.execPath, [`node_modules/${demo}/dist/main.js`, "--kills", "1"], stranger);
  console.log(shown.trim().split("\n").slice(-3).join("\n"));
}

/** What git says of the work tree. */
const workTree = async () => (await capture("git", ["status", "--porcelain"])).output;

/** Prints the versions, the changelogs and how long each part took. */
export async function dryRunRelease() {
  const directory = await mkdtemp(path.join(tmpdir(), "laminar-"));
  const untouched = await workTree();
  try {
    await release(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  if ((await workTree()) !== untouched) throw new Error("the work tree isn't as it was before");
  return { passed: 1, failed: 0 };
}

if (isMain(import.meta.url)) await dryRunRelease();
