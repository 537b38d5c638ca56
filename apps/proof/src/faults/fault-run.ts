import { setImmediate } from "node:timers/promises";
import type { DiskImage, Fault, Operation, SimulatedDisk } from "@laminar/disk/testing";
import { fixChance } from "../identities.ts";
import { CountedTimers, hookedDisk } from "../whole-stack/hooked-disk.ts";
import type { Chapter } from "./chapters.ts";
import { type Moment, momentsOf } from "./look.ts";
import type { UnhandledRejections } from "./settling.ts";
import { StubbornProgram } from "./stubborn-program.ts";

/** So many operations after the fault a crash is looked at. */
const LOOKS_AFTER: ReadonlySet<number> = new Set([1, 4]);
const CUTS_AFTER = 3;
const CUTS_AT_END = 6;
const TYPED = /^(WAL|CHECKPOINT|SNAPSHOT|RECOVERY|DISK)_[A-Z_]+$/;

/** What faults are planned, in words, and by operation. */
export interface Plan {
  readonly chapter: Chapter;
  readonly what: string;
  readonly decide: (operation: Operation) => Fault | undefined;
}

export interface FaultRun {
  readonly program: StubbornProgram;
  readonly disk: SimulatedDisk;
  /** The first operation that was hit. */
  readonly hit: Operation | undefined;
  /** Crashes that are to be looked at. */
  readonly moments: readonly Iterable<Moment>[];
  readonly end: DiskImage;
  /** Every operation with its fault: what is equal in two runs is equal on their disks. */
  readonly trace: string;
  readonly violations: readonly string[];
}

/** Runs a chapter with planned faults, and holds what it was told, and what it left behind, against what is promised. */
export async function runWithFaults(plan: Plan, rejections: UnhandledRejections): Promise<FaultRun> {
  const { stack, steps, start, before } = plan.chapter;
  const disk = start.mount();
  const timers = new CountedTimers(disk.clock);
  const failed = new Set<number>();
  const port = hookedDisk(disk, { clock: timers });
  const program = new StubbornProgram(stack, { disk, port, before, isFailed: ({ index }) => failed.has(index) });
  const moments: Iterable<Moment>[] = [];
  const trace: string[] = [];
  let hit: Operation | undefined;
  disk.plan((operation) => {
    const fault = plan.decide(operation);
    if (fault !== undefined) hit ??= operation;
    if (fault?.kind === "error") failed.add(operation.index);
    const { kind, path, target = "", position = "", length = "" } = operation;
    trace.push(`${kind} ${path} ${target} ${position} ${length} ${fault?.kind ?? ""} ${fault?.kind === "short" ? fault.bytes : ""}`);
    return fault;
  });
  disk.beforeEach(({ index }) => {
    if (hit !== undefined && LOOKS_AFTER.has(index - hit.index)) moments.push(momentsNow(disk, program, `${index - hit.index} operations after it`, CUTS_AFTER));
  });
  fixChance(1);
  await program.run(steps);
  await setImmediate();
  disk.plan(undefined);
  moments.push(momentsNow(disk, program, "at the end", CUTS_AT_END));
  return { program, disk, hit, moments, end: disk.killed(), trace: trace.join("\n"), violations: [...wrongAnswers(program), ...leaks(disk, timers, rejections)] };
}

const momentsNow = (disk: SimulatedDisk, program: StubbornProgram, when: string, cuts: number): Iterable<Moment> => momentsOf(disk, program.events.length, when, cuts);

function wrongAnswers(program: StubbornProgram): readonly string[] {
  const untyped = program.failures.filter(({ error }) => !(error instanceof Error && "code" in error && typeof error.code === "string" && TYPED.test(error.code)));
  return [...program.violations, ...untyped.map(({ step, error }) => `${step} fails with ${String(error)}, which has no code`), ...(program.hangs ? ["it hangs"] : [])];
}

function leaks(disk: SimulatedDisk, timers: CountedTimers, rejections: UnhandledRejections): readonly string[] {
  return [
    ...(disk.openFiles > 0 ? [`${disk.openFiles} handles are open at the end`] : []),
    ...(timers.waiting > 0 ? [`${timers.waiting} timers wait at the end`] : []),
    ...rejections.take().map((reason) => `nobody handles ${String(reason)}`),
  ];
}
