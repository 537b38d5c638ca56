import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CollectedTests } from "./collected-tests.ts";

const require = createRequire(import.meta.url);

/** What a program printed, run by the runtime that runs this. */
function outputOf(directory: string, ...args: readonly string[]): Promise<{ readonly status: number | null; readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: directory, stdio: ["ignore", "pipe", "pipe"] });
    const texts = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) child[name].setEncoding("utf8").on("data", (chunk: string) => (texts[name] += chunk));
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, ...texts }));
  });
}

/** The first example of the package's README, as JavaScript. A module's imports are looked up from where its file stands. */
async function fiveLines(): Promise<string> {
  const page = await readFile(join(dirname(require.resolve("@laminar/recovery/package.json")), "README.md"), "utf8");
  const example = /```ts\n([\s\S]*?openDurableState[\s\S]*?)```/.exec(page)?.[1];
  assert(example !== undefined, "the README of @laminar/recovery begins with an example");
  const file = fileURLToPath(new URL(`five-lines-${process.pid}.mjs`, import.meta.url));
  await writeFile(file, example.replace("<number>", ""));
  return file;
}

const command = (name: string): string => join(dirname(require.resolve(`@laminar/${name}/package.json`)), "dist/cli/main.js");

/** Declares what a user runs: the example of the README, and each command line on what it left. */
export function declarePrograms(tests: CollectedTests, scratch: string): void {
  const test = tests.in("a user's programs");

  test("the five lines of the README count up from run to run, and each command says what they left", async () => {
    const directory = await mkdtemp(join(scratch, "five-lines-"));
    const program = await fiveLines();
    try {
      for (const stdout of ["1\n", "2\n", "3\n"]) assert.deepEqual(await outputOf(directory, program), { status: 0, stdout, stderr: "" });
    } finally {
      await rm(program);
    }
    const verified = await outputOf(directory, command("wal"), "verify", "data/visits/log");
    assert.equal(verified.status, 0, verified.stdout + verified.stderr);
    const dumped = await outputOf(directory, command("wal"), "dump", "data/visits/log");
    assert.equal(dumped.status, 0, dumped.stderr);
    const types = dumped.stdout.trimEnd().split("\n").map((line) => (JSON.parse(line) as { readonly type: string }).type);
    assert.deepEqual(types, ["put", "commit", "put", "commit", "put", "commit"]);
    const recovered = await outputOf(directory, command("recovery"), "recover", "--state", "data/visits");
    assert.equal(recovered.status, 0, recovered.stderr);
    assert.deepEqual(JSON.parse(recovered.stdout), { key: "home", decoded: 3 });
    const listed = await outputOf(directory, command("checkpoint"), "list", "data/visits/checkpoints");
    // None was due yet.
    assert.equal(listed.status, 3, listed.stderr);
    assert.match(listed.stderr, /CHECKPOINT_NOT_FOUND/);
  });

  for (const name of ["wal", "checkpoint", "recovery"]) {
    test(`laminar-${name} refuses wrong arguments with 2, and helps with 0`, async () => {
      const wrong = await outputOf(scratch, command(name), "frobnicate");
      assert.equal(wrong.status, 2, wrong.stderr);
      const help = await outputOf(scratch, command(name), "--help");
      assert.equal(help.status, 0, help.stderr);
      assert.match(help.stdout, /Usage/);
    });
  }
}
