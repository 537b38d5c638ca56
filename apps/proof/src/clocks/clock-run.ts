import { inspect } from "node:util";
import type { DiskImage } from "@laminar/disk/testing";
import type { Chapter } from "../faults/chapters.ts";
import { settled } from "../faults/settling.ts";
import { StubbornProgram } from "../faults/stubborn-program.ts";
import { fixChance } from "../identities.ts";
import { hookedDisk } from "../whole-stack/hooked-disk.ts";
import { recoveredText } from "../whole-stack/stack.ts";
import { type Meaning, meaningOf } from "./meaning.ts";
import { type Wrong, WrongClock } from "./wrong-clocks.ts";

/** What a life came to. */
export interface Lived {
  readonly answers: string;
  readonly told: string;
  readonly recovered: string;
  readonly meaning: Meaning;
  readonly image: DiskImage;
  /** Operations that were done when the clock was looked at, look by look. */
  readonly looks: readonly number[];
}

/** Lives a chapter with a clock that goes wrong at this look. */
export async function liveWithClock({ stack, steps, start, before }: Chapter, wrong?: Wrong, jumpsAt?: number): Promise<Lived> {
  const disk = start.mount();
  const looks: number[] = [];
  const clock = new WrongClock(disk.clock, wrong, jumpsAt, () => looks.push(disk.operations.length));
  const program = new StubbornProgram(stack, { disk, port: hookedDisk(disk, { clock }), before });
  fixChance(1);
  Date.now = () => clock.now();
  await program.run(steps);
  const answers = program.answers.map(({ step, error }) => `${step}: ${error === undefined ? "done" : inspect(error)}`);
  const image = disk.killed();
  return {
    answers: [...answers, ...program.violations, ...(program.hangs ? ["it hangs"] : [])].join("\n"),
    told: JSON.stringify(program.events),
    recovered: await recoveredText(image.mount()),
    meaning: await meaningOf(image),
    image,
    looks,
  };
}

/** What a wrong clock changed, of what it must not; checkpoints that are made by an interval come when the interval says so. */
export function differences(lived: Lived, asItShould: Lived, { keepsIntervals }: Wrong): readonly string[] {
  const compared: readonly (readonly [string, string, string])[] = [
    ["answers", lived.answers, asItShould.answers],
    ["what was told", lived.told, asItShould.told],
    ["what is recovered", lived.recovered, asItShould.recovered],
    ...(keepsIntervals
      ? ([
          ["names of files", lived.meaning.names, asItShould.meaning.names],
          ["the log", lived.meaning.log, asItShould.meaning.log],
          ["the checkpoints", lived.meaning.checkpoints, asItShould.meaning.checkpoints],
        ] as const)
      : []),
  ];
  return compared.filter(([, one, other]) => one !== other).map(([what, one, other]) => `${what} differ: ${firstDifference(one, other)}`);
}

function firstDifference(one: string, other: string): string {
  const lines = other.split("\n");
  const index = one.split("\n").findIndex((line, number) => line !== lines[number]);
  return `${JSON.stringify(one.split("\n")[index]?.slice(0, 300))} instead of ${JSON.stringify(lines[index]?.slice(0, 300))}`;
}

/** A lock is held against another process while its owner lives, and free once it is dead, whatever the time. Says what is wrong. */
export async function judgeLock({ stack, start }: Chapter, wrong: Wrong): Promise<string | undefined> {
  const opening = { maxRetained: 1, maxChainLength: 1 };
  const journal = { events: [], tell: () => undefined };
  const owner = start.mount();
  const other = owner.anotherProcess();
  const portOf = (disk: typeof owner): ReturnType<typeof hookedDisk> => hookedDisk(disk, { clock: new WrongClock(disk.clock, wrong, 0) });
  const held = await settled(owner, stack.open(portOf(owner), journal, opening));
  if (held === "hangs" || "error" in held) return `no lock is had: ${JSON.stringify(held)}`;
  const refused = await settled(other, stack.open(portOf(other), journal, opening));
  const code = refused !== "hangs" && "error" in refused && refused.error instanceof Error && "code" in refused.error ? refused.error.code : undefined;
  if (code !== "WAL_LOCKED" && code !== "RECOVERY_LOCKED") return `a second owner is not refused: ${JSON.stringify(refused)}`;
  owner.kill();
  const taken = await settled(other, stack.open(portOf(other), journal, opening).then((life) => life.close()));
  return taken === "hangs" || "error" in taken ? `a dead owner's lock is not had: ${JSON.stringify(taken)}` : undefined;
}
