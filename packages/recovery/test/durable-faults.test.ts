import { createSimulatedDisk, type Fault, type SimulatedDisk } from "@laminar/disk/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cutOf, DurableOracle, recoveredCut } from "./durable-oracle.ts";
import { type Action, DurableProgram, openState } from "./durable-program.ts";
import { seeded } from "./seeded.ts";

const STEPS: readonly Action[] = ["commit", "checkpoint", "update", "concurrent", "background checkpoint", "commit", "checkpoint", "reopen", "rollback", "commit", "checkpoint"];
const TYPED = /^(WAL|CHECKPOINT|RECOVERY|SNAPSHOT|DISK)_[A-Z_]+$/;
/** Turns of the event loop after which what hasn't settled never will: nothing on the simulated disk waits for time. */
const TURNS_MOST = 20_000;

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
beforeEach(() => void process.on("unhandledRejection", note));
afterEach(() => void process.off("unhandledRejection", note));

/** Rejects when the work waits for something that never comes. */
async function settled<T>(work: Promise<T>, what: string): Promise<T> {
  let isDone = false;
  const done = work.finally(() => (isDone = true));
  done.catch(() => undefined);
  for (let turn = 0; !isDone && turn < TURNS_MOST; turn++) await new Promise((resolve) => setImmediate(resolve));
  if (!isDone) throw new Error(`${what} hangs`);
  return done;
}

interface Run {
  readonly disk: SimulatedDisk;
  readonly oracle: DurableOracle;
  /** What ended the program, and what its close said after that. */
  readonly error: unknown;
  readonly closing: unknown;
  readonly lastCheckpointError: unknown;
}

async function run(decide: Parameters<SimulatedDisk["plan"]>[0], name: string): Promise<Run> {
  const disk = createSimulatedDisk();
  const oracle = new DurableOracle();
  const program = new DurableProgram(disk, seeded(5), oracle);
  let error: unknown;
  let closing: unknown;
  let lastCheckpointError: unknown;
  disk.plan(decide);
  try {
    await settled(program.open(), `${name}: open`);
    for (const step of STEPS) await settled(program.perform(step), `${name}: ${step}`);
    lastCheckpointError = program.lastCheckpointError;
    await settled(program.close(), `${name}: close`);
  } catch (thrown) {
    error = thrown;
    closing = await settled(program.abandon(), `${name}: close after a failure`);
  }
  return { disk, oracle, error, closing, lastCheckpointError };
}

function requireTyped(error: unknown, name: string): void {
  if (error === undefined) return;
  expect(error, `${name}: ${String(error)}`).toMatchObject({ code: expect.stringMatching(TYPED) as string });
}

/** Nothing acknowledged is lost, whatever the machine does next. */
async function requireKept({ disk, oracle }: Run, name: string): Promise<void> {
  for (const image of [disk.killed(), ...disk.powerCuts({ limit: 6 })]) {
    expect(oracle.judge(await recoveredCut(image.mount())), name).toBeUndefined();
  }
}

/** The directory can be had again: at once by this process, or, when the lock's entry couldn't be removed, once it has ended. */
async function openAgain(disk: SimulatedDisk, oracle: DurableOracle, name: string): Promise<void> {
  const state = await settled(openState(disk), `${name}: open again`);
  expect(oracle.judge(cutOf(state)), name).toBeUndefined();
  state.put("k0", "goes on");
  await settled(state.commit(), `${name}: commit again`);
  await settled(state.checkpoint(), `${name}: checkpoint again`);
  await settled(state.close(), `${name}: close again`);
  expect(disk.openFiles, name).toBe(0);
}

const ERRORS: readonly Fault[] = [{ kind: "error", errno: "EIO" }, { kind: "error", errno: "ENOSPC" }];

describe("a failing disk below a durable state", () => {
  it.each(ERRORS.flatMap((fault) => [[fault, "once"], [fault, "for good"]] as const))(
    "%o at any operation %s is a typed error, loses nothing acknowledged, leaks no handle, hangs nothing, and close frees the directory",
    async (fault, lasting) => {
      const counts = { runs: 0, ended: 0, background: 0, unnoticed: 0 };
      for (let at = 0; ; at++) {
        const name = `operation ${at} ${lasting}`;
        let hit = "";
        const done = await run((operation) => {
          if (lasting === "once" ? operation.index !== at : operation.index < at) return undefined;
          hit ||= `${operation.kind} ${operation.path}`;
          return fault;
        }, name);
        if (hit === "") break;
        counts.runs++;
        requireTyped(done.error, `${name} (${hit})`);
        requireTyped(done.closing, `${name} (${hit})`);
        if (done.error !== undefined) counts.ended++;
        else if (done.lastCheckpointError !== undefined) counts.background++;
        else counts.unnoticed++;
        expect(done.disk.openFiles, `handles after ${name} (${hit})`).toBe(0);
        done.disk.plan(undefined);
        await requireKept(done, `${name} (${hit})`);
        const isOurs = !hit.includes("LOCK") && lasting === "once";
        await openAgain(isOurs ? done.disk : done.disk.killed().mount(), done.oracle, `${name} (${hit})`);
      }
      console.log(`${counts.runs} runs: ${counts.ended} ended in a typed error, ${counts.background} in an error of a background checkpoint, ${counts.unnoticed} went on; 0 acknowledged commits lost`);
      expect(unhandled).toEqual([]);
      expect(counts.ended).toBeGreaterThan(100);
    },
    300_000,
  );
});
