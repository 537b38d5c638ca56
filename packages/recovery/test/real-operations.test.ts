import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { createSimulatedDisk } from "@laminar/disk/testing";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { repeatable, seedIdentities } from "./programs/repeatable.mjs";
import { lives } from "./programs/whole-stack-lives.mjs";
import { changesBySystemCalls, systemCalls } from "./system-calls.ts";
import { type Change, changeOf, isChange } from "./traced-changes.ts";

const PROGRAM = fileURLToPath(new URL("programs/live-one-life.mjs", import.meta.url));
/** Calls by name or by descriptor, and the one that syncs all without naming anything. */
const TRACED = "trace=%file,%desc,sync";

/** Why this machine can't trace a process; `undefined` when it can. */
function whyNotTraced(): string | undefined {
  if (process.platform !== "linux") return `there is no strace on ${process.platform}`;
  const { error, status, stderr } = spawnSync("strace", ["-f", "-o", "/dev/null", process.execPath, "--version"], { encoding: "utf8" });
  if (error !== undefined) return `strace can't be started (${error.message})`;
  return status === 0 ? undefined : `strace may not trace here (${stderr.trim().split("\n")[0]})`;
}

/** All lives, one process after the other, each ended by a kill. */
async function simulatedLives(): Promise<readonly (readonly Change[])[]> {
  const machine = createSimulatedDisk();
  await machine.makeDirectory("/holder");
  await machine.makeDirectory("/holder/root");
  const changes: (readonly Change[])[] = [];
  for (const [number, life] of lives.entries()) {
    const living = machine.anotherProcess();
    const restore = seedIdentities(number);
    await life(repeatable(living), "/holder/root").finally(restore);
    living.kill();
    const relativeTo = (path: string): string => relative("/holder/root", path);
    const named = living.operations.filter(isChange).map((operation) => {
      const target = operation.target === undefined ? {} : { target: relativeTo(operation.target) };
      return changeOf({ ...operation, path: relativeTo(operation.path), ...target });
    });
    changes.push(named);
  }
  return changes;
}

async function realLives(): Promise<readonly (readonly Change[])[]> {
  const holder = await mkdtemp(join(tmpdir(), "laminar-real-"));
  onTestFinished(() => rm(holder, { recursive: true, force: true }));
  const root = join(holder, "root");
  await mkdir(root);
  const changes: (readonly Change[])[] = [];
  for (const number of lives.keys()) {
    const trace = join(holder, `life-${number}.trace`);
    const run = ["-f", "-y", "-qq", "-s", "0", "-e", TRACED, "-o", trace, process.execPath, PROGRAM, root, String(number)];
    // A ring of libuv's would make calls that no tracer sees.
    const { status, stderr } = spawnSync("strace", run, { encoding: "utf8", env: { ...process.env, UV_USE_IO_URING: "0" } });
    if (status !== 0) throw new Error(`life ${number} ended with ${status}: ${stderr}`);
    changes.push(changesBySystemCalls(systemCalls(await readFile(trace, "utf8")), root));
  }
  return changes;
}

const AT_ONCE = ["makeDirectory at once", "makeDirectory one by one"] as const;

/**
 * A checkpoint and a commit that run at once are interleaved as the threads of the pool happen to be: the port promises no order
 * between calls of which none waits for another. What has to keep its order: all that is done to the log, all that is done to the
 * checkpoints, that the log drops nothing before the checkpoint is durable, and whatever comes before or behind what ran at once.
 */
function inOrderOfBarriers(changes: readonly Change[]): Readonly<Record<string, readonly Change[]>> {
  const [begin, end] = AT_ONCE.map((mark) => changes.indexOf(mark));
  if (begin === undefined || end === undefined || begin < 0) return { changes };
  const atOnce = changes.slice(begin, end);
  const isOfLog = (change: Change): boolean => /^\w+ wal/.test(change);
  return {
    before: changes.slice(0, begin),
    log: atOnce.filter(isOfLog),
    checkpoints: atOnce.filter((change) => !isOfLog(change)),
    dropping: atOnce.filter((change) => /^rename checkpoints|^syncDirectory checkpoints$|^remove wal.*\.wal$/.test(change)),
    behind: changes.slice(end),
  };
}

describe("the operations of a simulated disk", () => {
  let refusal: string | undefined;
  beforeAll(() => {
    refusal = whyNotTraced();
  });

  it("are those that a real process makes on a real file system, in the same order, at the same places, and none besides", async (context) => {
    if (refusal !== undefined) {
      console.log(`skipped: ${refusal}`);
      context.skip(refusal);
    }
    const simulated = await simulatedLives();
    const real = await realLives();
    for (const [number, life] of lives.entries()) {
      expect(inOrderOfBarriers(real[number] ?? []), `life ${number}, ${life.name}`).toEqual(inOrderOfBarriers(simulated[number] ?? []));
    }
    const kinds = new Map<string, number>();
    for (const change of real.flat()) kinds.set(change.split(" ")[0] ?? "", (kinds.get(change.split(" ")[0] ?? "") ?? 0) + 1);
    console.log(`${real.flat().length} operations of ${lives.length} processes, the same on both: ${[...kinds].map(([kind, count]) => `${kind} ${count}`).join(", ")}`);
    expect(Math.min(...["create", "write", "sync", "rename", "remove", "makeDirectory", "removeDirectory", "syncDirectory"].map((kind) => kinds.get(kind) ?? 0))).toBeGreaterThan(20);
  }, 120_000);
});
