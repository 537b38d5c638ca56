import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Outcome, Part, Row, Work } from "../row.ts";

/** The repository: these are tests of the packages, which know their insides. */
const root = fileURLToPath(new URL("../../../../", import.meta.url));
const LINES_OF_A_FAILURE = 60;
/** Milliseconds: against a test that hangs, not for speed. */
const TIMEOUT = "1200000";

function modelOf(name: string, proof: number, seconds: number, project: string, test: string): Part {
  // The packages' own tests have the short part.
  return { name, goal: { check: 0, proof }, seconds, run: (work) => run(work, project, test) };
}

async function run({ goal, scratch }: Work, project: string, test: string): Promise<Outcome> {
  const counts = join(scratch, "counts");
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const output = await outputOf([vitest, "run", "--root", root, "--testTimeout", TIMEOUT, "--project", project, test], { MODEL_STATES: `${goal}`, MODEL_COUNTS: counts });
  const lines = (await readFile(counts, "utf8").catch(() => "")).split("\n").filter((line) => line !== "");
  const violations = output.isGood ? [] : [output.text.split("\n").slice(-LINES_OF_A_FAILURE).join("\n")];
  return { reached: lines.reduce((sum, line) => sum + Number(line), 0), violations, counters: {} };
}

function outputOf(args: readonly string[], env: Readonly<Record<string, string>>): Promise<{ readonly isGood: boolean; readonly text: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { env: { ...process.env, ...env, NO_COLOR: "1" }, stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    const take = (chunk: Buffer): void => void (text += chunk.toString());
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("close", (code) => resolve({ isGood: code === 0, text }));
  });
}

/** The real log, lock and checkpoint manager do what their models do, on the same disk, and see the same in what crashes and damage leave. */
export const models: Row = {
  title: "in step with the models",
  unit: "distinct states",
  parts: [
    modelOf("log", 40_000, 60, "@laminar/wal", "packages/wal/test/model.test.ts"),
    modelOf("checkpoints", 20_000, 40, "@laminar/checkpoint", "packages/checkpoint/test/model.test.ts"),
    modelOf("lock", 90_000, 15, "@laminar/disk", "packages/disk/test/lock-interleavings.test.ts"),
  ],
};
