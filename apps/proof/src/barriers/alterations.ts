import { alteredDisk, type Alteration as CallAlteration, type ChangingCall } from "@laminar/disk/testing";
import { type AllTold, type Altered, type BarrierLife, THE_END } from "./barrier-test.ts";
import type { CallSites } from "./call-sites.ts";

/** One change of the packages as they are, by the sites of their calls. */
export type Alteration =
  /** The barrier isn't there. */
  | { readonly how: "without"; readonly site: string }
  /** A rename happens in steps. */
  | { readonly how: "in steps"; readonly site: string }
  /** Whoever waits for it is told before it took effect. */
  | { readonly how: "told before"; readonly site: string }
  /** Two calls that follow each other change places. */
  | { readonly how: "behind"; readonly site: string; readonly next: string };

export const nameOf = (alteration: Alteration): string =>
  alteration.how === "behind" ? `${alteration.site} | behind | ${alteration.next}` : `${alteration.how} | ${alteration.site}`;

export const isOrder = ({ how }: Alteration): boolean => how === "behind";

/**
 * The lock keeps a second owner out and says nothing about crashes: nothing of it is ever synced. Its calls have no order with
 * others that a crash could show.
 */
export const isOfLock = (site: string | undefined): boolean => site?.startsWith("disk/lock ") === true;

/** The site of a call; `undefined` for what isn't a call of the packages. */
export const siteOf = (call: ChangingCall, sites: CallSites): string | undefined => (call.path === THE_END ? undefined : sites.nameOf(call));

/** A life in which the packages are altered. `onDone` is called whenever it was. */
export function alter({ alteration, life, sites, onDone }: { alteration: Alteration; life: BarrierLife; sites: CallSites; onDone: () => void }): Altered {
  if (alteration.how === "behind") return inOtherOrder(alteration, life, sites, onDone);
  const before = { behind: (next: ChangingCall) => (isOfLock(siteOf(next, sites)) ? undefined : ("before" as const)) };
  const instead: CallAlteration = alteration.how === "without" ? "left out" : alteration.how === "in steps" ? "taken apart" : before;
  const port = alteredDisk(life.disk, (call) => {
    if (siteOf(call, sites) !== alteration.site) return undefined;
    onDone();
    return instead;
  });
  return { life, port };
}

/**
 * What somebody was told to rely on while a call is held back is held back too: only the order of the two calls is to differ.
 * What is begun meanwhile is told at once, since it may be seen at once, and again in its place.
 */
function inOtherOrder({ site, next }: { site: string; next: string }, life: BarrierLife, sites: CallSites, onDone: () => void): Altered {
  const waiting: AllTold[] = [];
  let isHeld = false;
  const behind = (call: ChangingCall): "before" | "after" | undefined => {
    const name = siteOf(call, sites);
    if (isOfLock(name)) return undefined;
    if (name !== next) return "before";
    onDone();
    return "after";
  };
  const done = (): void => {
    isHeld = false;
    for (const event of waiting.splice(0)) life.tell(event);
  };
  const port = alteredDisk(life.disk, (call) => {
    if (isHeld || siteOf(call, sites) !== site) return undefined;
    isHeld = true;
    return { behind, done };
  });
  const tell = (event: AllTold): void => {
    if (isHeld) waiting.push(event);
    if (!isHeld || isBeginning(event)) life.tell(event);
  };
  const { disk, depth, steps } = life;
  const altered: BarrierLife = {
    disk,
    depth,
    steps,
    tell,
    get events() {
      return [...life.events, ...waiting];
    },
  };
  return { life: altered, port };
}

/** Says what may be seen from now on; everything else that is told says what somebody may rely on. */
export const isBeginning = (event: AllTold): boolean => "submitted" in event || "publishing" in event || "withdrawing" in event || "fault" in event;
