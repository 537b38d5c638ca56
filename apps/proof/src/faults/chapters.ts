import { createSimulatedDisk, type DiskImage, type Operation } from "@laminar/disk/testing";
import { fixChance } from "../identities.ts";
import type { Told } from "../whole-stack/promises.ts";
import type { Stack } from "../whole-stack/stack.ts";
import { type ProgramStep, StubbornProgram } from "./stubborn-program.ts";

/** A program, life by life. */
export interface Subject {
  readonly stack: Stack;
  readonly lives: readonly (readonly ProgramStep[])[];
}

/** One life of a program, which starts on what those before it left, and what it does on a disk that works. */
export interface Chapter {
  readonly name: string;
  readonly stack: Stack;
  readonly steps: readonly ProgramStep[];
  readonly start: DiskImage;
  /** What was told until then. */
  readonly before: readonly Told[];
  readonly operations: readonly Operation[];
}

/** Each life as a chapter of its own, so that what is looked at in one needn't take the others first. */
export async function chaptersOf({ stack, lives }: Subject): Promise<readonly Chapter[]> {
  const chapters: Chapter[] = [];
  let start = createSimulatedDisk().killed();
  let before: readonly Told[] = [];
  for (const [number, steps] of lives.entries()) {
    const name = `${stack.name}, life ${number + 1}`;
    const disk = start.mount();
    const program = new StubbornProgram(stack, { disk, before });
    fixChance(1);
    await program.run(steps);
    const wrong = [...program.violations, ...program.failures.map(({ step, error }) => `${step}: ${String(error)}`)];
    if (wrong.length > 0 || program.hangs) throw new Error(`${name} fails on a disk that works: ${wrong.join("; ")}`);
    chapters.push({ name, stack, steps, start, before, operations: disk.operations });
    start = disk.killed();
    before = [...program.events];
  }
  return chapters;
}
