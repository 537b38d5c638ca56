import type { DiskImage } from "@laminar/disk/testing";
import { fixChance } from "../identities.ts";
import { judgeCut, type Told } from "../whole-stack/promises.ts";
import type { Stack } from "../whole-stack/stack.ts";
import { momentsOf, type Recoveries } from "./look.ts";
import { settled } from "./settling.ts";

const OPENING = { maxRetained: 1, maxChainLength: 2 };
const CUTS = 4;

export interface GoingOn {
  readonly stack: Stack;
  readonly recoveries: Recoveries;
  /** `false`: what a power cut leaves of the life that goes on isn't looked at. */
  readonly cutsCount: boolean;
}

/** A next life on a disk that works: it finds what was promised, writes, makes a checkpoint, ends in order, and what it wrote stays. Says what is wrong. */
export async function goOn(image: DiskImage, before: readonly Told[], { stack, recoveries, cutsCount }: GoingOn): Promise<string | undefined> {
  fixChance(2);
  const disk = image.mount();
  const events: Told[] = [];
  const journal = { events, tell: (event: Told) => void events.push(event) };
  const outcome = await settled(disk, live());
  if (outcome === "hangs") return "the next life hangs";
  if ("error" in outcome) return `the next life fails: ${String(outcome.error)}`;
  if (outcome.value !== undefined) return `the next life: ${outcome.value}`;
  if (disk.openFiles > 0) return `the next life leaves ${disk.openFiles} handles`;
  for (const moment of momentsOf(disk, events.length, "after the next life", CUTS)) {
    if (!cutsCount && moment.when.endsWith("power cut")) continue;
    const wrong = await recoveries.judge(moment, events);
    if (wrong !== undefined) return wrong;
  }
  return undefined;

  async function live(): Promise<string | undefined> {
    const life = await stack.open(disk, journal, OPENING);
    const [first] = events;
    const wrong = first !== undefined && "found" in first ? judgeCut(first.found, before) : "it found nothing";
    try {
      await life.take({ do: "commit", changes: [{ key: "k9", length: 3 }] });
      await life.take({ do: "full" });
      await life.take({ do: "commit", changes: [{ key: "k9", length: 12 }] });
    } finally {
      await life.close();
    }
    return wrong;
  }
}
