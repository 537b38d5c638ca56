import type { DiskImage, SimulatedDisk } from "@laminar/disk/testing";
import { fixChance } from "../identities.ts";
import { judgeCut, type Told } from "../whole-stack/promises.ts";
import type { Stack } from "../whole-stack/stack.ts";
import { type Moment, momentsOf, type Recoveries } from "./look.ts";
import { settled } from "./settling.ts";

const OPENING = { maxRetained: 1, maxChainLength: 2 };
const CUTS = 3;

export interface GoingOn {
  readonly stack: Stack;
  readonly recoveries: Recoveries;
  /** `false`: power cuts aren't looked at, since the disk has lied in a way that nobody can find out. */
  readonly cutsCount: boolean;
  /** Power cuts that are looked at, after the open and at the end. */
  readonly cuts?: number | undefined;
  /** A file may show less than its device has: until the next write, what was submitted and isn't shown may come back. */
  readonly mayComeBack?: boolean | undefined;
}

/**
 * A next life on a disk that works: it finds what was promised, lets go what it is told that nobody needs, writes, makes a
 * checkpoint, ends in order, and what it found and wrote stays. Says what is wrong.
 */
export async function goOn(image: DiskImage, before: readonly Told[], options: GoingOn): Promise<string | undefined> {
  const { stack, recoveries, cutsCount, cuts = CUTS, mayComeBack = false } = options;
  fixChance(2);
  const disk = image.mount();
  const events: Told[] = [];
  const moments: Iterable<Moment>[] = [];
  const look = (when: string): void => void moments.push(momentsOf(disk, events.length, when, cuts));
  const outcome = await settled(disk, live(stack, disk, events, look));
  if (outcome === "hangs") return "the next life hangs";
  if ("error" in outcome) return `the next life fails: ${String(outcome.error)}`;
  const [first] = events;
  if (first === undefined || !("found" in first)) return "the next life found nothing";
  const wrong = judgeCut(first.found, before);
  if (wrong !== undefined) return `the next life: ${wrong}`;
  if (disk.openFiles > 0) return `the next life leaves ${disk.openFiles} handles`;
  look("after the next life");
  for (const moment of moments.flatMap((some) => [...some])) {
    if (moment.isPowerCut && !cutsCount) continue;
    const broken = await recoveries.judge(moment, events);
    if (broken !== undefined && !(mayComeBack && moment.told === 1 && (await isOneBehind(moment, first.found, before, recoveries)))) return broken;
  }
  return undefined;
}

/** Upkeep, a commit, a checkpoint, and another commit. */
async function live(stack: Stack, disk: SimulatedDisk, events: Told[], look: (when: string) => void): Promise<void> {
  const life = await stack.open(disk, { events, tell: (event) => void events.push(event) }, OPENING);
  // From here on what was found was shown.
  look("after the next open");
  try {
    for (const step of stack.upkeep) await life.take(step);
    if (stack.upkeep.length > 0) look("after the next life's upkeep");
    await life.take({ do: "commit", changes: [{ key: "k9", length: 3 }] });
    await life.take({ do: "full" });
    await life.take({ do: "commit", changes: [{ key: "k9", length: 12 }] });
  } finally {
    await life.close();
  }
}

/** Whether what comes back is a commit submitted behind the one that was shown. */
async function isOneBehind({ image }: Moment, shown: string, before: readonly Told[], recoveries: Recoveries): Promise<boolean> {
  const back = await recoveries.of(image);
  const submitted = before.map((event) => ("submitted" in event ? event.submitted : "found" in event ? event.found : undefined));
  return "text" in back && submitted.lastIndexOf(back.text) > submitted.lastIndexOf(shown);
}
