import { changed, type Damage, overwritten, renamed } from "../golden/damage.ts";
import { type Door, opening, recovering } from "../golden/doors.ts";
import { type Golden, loadGolden } from "../golden/load-golden.ts";
import { lookAtAll } from "../golden/look-at-all.ts";
import { randomBelow, randomBytes } from "../random.ts";
import type { Outcome, Part, Row, Work } from "../row.ts";

/** One in so many is opened for writing, too, which takes several times as long. Odd, so that each bit of a byte has its turn. */
const EVERY = 41;
const [BURST_LEAST, BURST_MOST] = [2, 64];

const flipped = (before: Uint8Array, bit: number): Uint8Array => overwritten(before, bit >> 3, Uint8Array.of((before[bit >> 3] ?? 0) ^ (1 << (bit & 7))));

/** Every bit of every file; of a file that is empty, what counts is its name. */
export function* flippedBits(golden: readonly Golden[], takes: (path: string) => boolean): Generator<Damage> {
  for (const one of golden) {
    for (const [path, { length }] of one.files) {
      if (!takes(path)) continue;
      for (let bit = 0; bit < length * 8; bit++) yield changed(one, path, () => `with bit ${bit & 7} of byte ${bit >> 3} flipped`, (before) => flipped(before, bit));
      if (length === 0) yield* flippedNames(one, path);
    }
  }
}

function* flippedNames(golden: Golden, path: string): Generator<Damage> {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const bytes = new TextEncoder().encode(name);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const other = flipped(bytes, bit);
    // The highest bit makes no text, "/" and NUL no name.
    if (other.every((byte) => byte > 0 && byte < 0x80 && byte !== 0x2f)) yield renamed(golden, path, new TextDecoder().decode(other));
  }
}

/** Garbage at places by the seed, without end. */
export function* bursts(golden: readonly Golden[], seed: number): Generator<Damage> {
  for (let burst = seed; ; burst++) {
    const below = randomBelow(burst);
    const one = golden[below(golden.length)];
    const paths = one === undefined ? [] : [...one.files].flatMap(([path, { length }]) => (length > 0 ? [path] : []));
    const path = paths[below(Math.max(1, paths.length))];
    if (one === undefined || path === undefined) return;
    const at = below(one.files.get(path)?.length ?? 1);
    const garbage = randomBytes(below, BURST_LEAST + below(BURST_MOST - BURST_LEAST + 1));
    yield changed(one, path, () => `with ${garbage.length} bytes of garbage at ${at}, burst ${burst}`, (before) => overwritten(before, at, garbage));
  }
}

const isLog = (path: string): boolean => path.includes(".wal");

/** A flipped bit is never an excuse for an older commit: no write tears one. */
export async function lookAtFlips(golden: readonly Golden[], takes: (path: string) => boolean, work: Work, doors: readonly [Door, Door] = [recovering, opening]): Promise<Outcome> {
  return lookAtAll(flippedBits(golden, takes), (_, index) => (index % EVERY === 0 ? doors : [doors[0]]), work);
}

function* first<T>(items: Iterable<T>, count: number): Generator<T> {
  let taken = 0;
  for (const item of items) {
    if (taken++ >= count) return;
    yield item;
  }
}

async function lookAtBursts(work: Work): Promise<Outcome> {
  const { all: _, ...outcome } = await lookAtAll(first(bursts(await loadGolden(), work.seed), work.goal), () => [recovering, opening], { ...work, size: "proof" });
  return { ...outcome, nextSeed: work.seed + work.goal };
}

const flips = (name: string, seconds: number, takes: (path: string) => boolean): Part => ({ name, goal: "all", seconds, run: async (work) => lookAtFlips(await loadGolden(), takes, work) });

/** Rot: exactly the state or a typed refusal, never a state that was not. */
export const flippedBitsRow: Row = {
  number: 4,
  title: "every bit of every file flipped, and bursts",
  unit: "damaged directories",
  soakGoal: 1_000_000,
  parts: [
    flips("logs", 45, isLog),
    flips("all but logs", 45, (path) => !isLog(path)),
    { name: "bursts", goal: { check: 50, proof: 2000 }, seconds: 9, run: lookAtBursts },
  ],
};
