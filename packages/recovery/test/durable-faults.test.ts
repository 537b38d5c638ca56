import { createSimulatedDisk, type Fault, type SimulatedDisk } from "@laminar/disk/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cutOf, DurableOracle, recoveredCut } from "./durable-oracle.ts";
import { type Action, DurableProgram, openState } from "./durable-program.ts";
import { seeded } from "./seeded.ts";

const STEPS: readonly Action[] = ["commit", "checkpoint", "update", "concurrent", "background checkpoint", "commit", "checkpoint", "reopen", "rollback", "commit", "checkpoint"];
const TYPED = /^(WAL|CHECKPOINT|RECOVERY|SNAPSHOT|DISK)_[A-Z_]+$/;
/** Turns of the event loop after which what hasn't settled never will. */
const TURNS_MOST = 20_000;
/** So many turns without an end, and it is time that is waited for: the lock tries again after a pause. */
const TURNS_WITHOUT_TIME = 50;

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
beforeEach(() => void process.on("unhandledRejection", note));
afterEach(() => void process.off("unhandledRejection", note));

/** Rejects when the work waits for something that never comes. */
async function settled<T>(disk: SimulatedDisk, work: Promise<T>, what: string): Promise<T> {
  const state = { isDone: false };
  const done = work.finally(() => (state.isDone = true));
  done.catch(() => undefined);
  for (let turn = 0; !state.isDone && turn < TURNS_MOST; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (turn % TURNS_WITHOUT_TIME === TURNS_WITHOUT_TIME - 1) disk.advance(5);
  }
  if (!state.isDone) throw new Error(`${what} hangs`);
  return done;
}

interface Run {
  readonly disk: SimulatedDisk;
  readonly oracle: DurableOracle;
  /** What ended the program, and what its close said after that. */
  readonly error: unknown;
  readonly closing: unknown;
  /** Errors of checkpoints, which end nothing. */
  readonly checkpointErrors: readonly unknown[];
}

const isFailedState = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "RECOVERY_STATE_FAILED";

async function run(decide: Parameters<SimulatedDisk["plan"]>[0], name: string): Promise<Run> {
  const disk = createSimulatedDisk();
  const oracle = new DurableOracle();
  const program = new DurableProgram(disk, seeded(5), oracle);
  let error: unknown;
  let closing: unknown;
  const checkpointErrors: unknown[] = [];
  disk.plan(decide);
  try {
    await settled(disk, program.open(), `${name}: open`);
    for (const step of STEPS) {
      await settled(disk, program.perform(step), `${name}: ${step}`).catch((thrown: unknown) => {
        if (step !== "checkpoint" || isFailedState(thrown)) throw thrown;
        checkpointErrors.push(thrown);
      });
      if (program.lastCheckpointError !== undefined) checkpointErrors.push(program.lastCheckpointError);
    }
    await settled(disk, program.close(), `${name}: close`);
  } catch (thrown) {
    error = thrown;
    closing = await settled(disk, program.abandon(), `${name}: close after a failure`);
  }
  return { disk, oracle, error, closing, checkpointErrors };
}

function requireTyped(error: unknown, name: string): void {
  if (error === undefined) return;
  expect(error, name).toMatchObject({ code: expect.stringMatching(TYPED) as string });
}

/** Nothing acknowledged is lost, whatever the machine does next. */
async function requireKept({ disk, oracle }: Run, name: string): Promise<void> {
  for (const image of [disk.killed(), ...disk.powerCuts({ limit: 6 })]) {
    expect(oracle.judge(await recoveredCut(image.mount())), name).toBeUndefined();
  }
}

/** The directory can be had again: at once by this process, or, when the lock's entry couldn't be removed, once it has ended. */
async function openAgain(disk: SimulatedDisk, oracle: DurableOracle, name: string): Promise<void> {
  const state = await settled(disk, openState(disk), `${name}: open again`);
  expect(oracle.judge(cutOf(state)), name).toBeUndefined();
  state.put("k0", "goes on");
  await settled(disk, state.commit(), `${name}: commit again`);
  await settled(disk, state.checkpoint(), `${name}: checkpoint again`);
  await settled(disk, state.close(), `${name}: close again`);
  expect(disk.openFiles, name).toBe(0);
}

/** Any operation can fail with EIO; a full disk refuses what makes something. */
const FAULTS: readonly (readonly [string, Fault, (kind: string) => boolean])[] = [
  ["EIO", { kind: "error", errno: "EIO" }, () => true],
  ["ENOSPC", { kind: "error", errno: "ENOSPC" }, (kind) => ["create", "makeDirectory", "write", "sync", "rename", "syncDirectory"].includes(kind)],
];

describe("a failing disk below a durable state", () => {
  it.each(FAULTS.flatMap((fault) => [["once", ...fault], ["for good", ...fault]] as const))(
    "%s, with %s at any operation, is a typed error, loses nothing acknowledged, leaks no handle, hangs nothing, and close frees the directory",
    async (lasting, errno, fault, canFail) => {
      const counts = { runs: 0, ended: 0, checkpoints: 0, unnoticed: 0 };
      for (let at = 0; ; at++) {
        const name = `${errno} at operation ${at} ${lasting}`;
        let hit = "";
        let isReached = false;
        const done = await run((operation) => {
          isReached ||= operation.index === at;
          if ((lasting === "once" ? operation.index !== at : operation.index < at) || !canFail(operation.kind)) return undefined;
          hit ||= `${operation.kind} ${operation.path}`;
          return fault;
        }, name);
        if (!isReached) break;
        if (hit === "") continue;
        counts.runs++;
        requireTyped(done.error, `${name} (${hit})`);
        requireTyped(done.closing, `${name} (${hit})`);
        for (const error of done.checkpointErrors) requireTyped(error, `${name} (${hit})`);
        if (done.error !== undefined) counts.ended++;
        else if (done.checkpointErrors.length > 0) counts.checkpoints++;
        else counts.unnoticed++;
        expect(done.disk.openFiles, `handles after ${name} (${hit})`).toBe(0);
        done.disk.plan(undefined);
        await requireKept(done, `${name} (${hit})`);
        const isOurs = lasting === "once" && !/^remove .*LOCK\//.test(hit);
        await openAgain(isOurs ? done.disk : done.disk.killed().mount(), done.oracle, `${name} (${hit})`);
      }
      console.log(`${errno} ${lasting}: ${counts.runs} runs, ${counts.ended} ended in a typed error, ${counts.checkpoints} failed a checkpoint and went on, ${counts.unnoticed} had no effect; 0 acknowledged commits lost`);
      expect(unhandled).toEqual([]);
      expect(counts.ended).toBeGreaterThan(60);
    },
    300_000,
  );
});
