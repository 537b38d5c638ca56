import { Choices } from "../random.ts";
import type { Outcome as Result, Work } from "../row.ts";
import { Counter } from "../whole-stack/count.ts";
import type { Decoder, Hostile } from "./decoder.ts";
import { MemoryWatch } from "./memory.ts";
import { Watchdog } from "./watchdog.ts";

/** The first share of the runs is for the collector, which then has what it wants for itself. */
const WARM_UP = 0.2;
const VIOLATIONS_MAX = 5;
/** Old garbage goes every so many runs, where the process lets that be asked for. */
const COLLECTED = 5000;

const shown = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** The decoder of a run, by its share. */
function decoderFor(decoders: readonly Decoder[], choices: Choices): Decoder {
  let left = choices.random() * decoders.reduce((sum, { share }) => sum + share, 0);
  for (const decoder of decoders) if ((left -= decoder.share) < 0) return decoder;
  return choices.one(decoders);
}

/** Gives every decoder its share of hostile inputs, each of a seed of its own. */
export async function fuzz(decoders: readonly Decoder[], { goal, seed }: Work): Promise<Result> {
  const counter = new Counter();
  const violations: string[] = [];
  const memory = new MemoryWatch();
  const watchdog = new Watchdog(decoders.map(({ name }) => name).join(", "));
  let reached = 0;
  for (; reached < goal && violations.length < VIOLATIONS_MAX; reached++) {
    const choices = new Choices(seed + reached);
    const decoder = decoderFor(decoders, choices);
    const hostile = decoder.make(choices);
    watchdog.sees(seed + reached);
    if (reached % COLLECTED === 0) globalThis.gc?.();
    if (reached >= goal * WARM_UP && reached < goal * WARM_UP + 1) memory.begin();
    memory.saw(hostile.bytes.length);
    try {
      const outcome = hostile.claims ? memory.measure(hostile.bytes.length, () => decoder.read(hostile)) : decoder.read(hostile);
      counter.add(`${decoder.name}: ${typeof outcome === "string" ? outcome : await outcome}`);
    } catch (error) {
      violations.push(violationOf(decoder, hostile, seed + reached, error));
    }
  }
  await watchdog.end();
  const grown = memory.judge();
  if (grown !== undefined) violations.push(`seed ${seed}: ${grown}`);
  const counters = { ...Object.fromEntries(counter.entries()), "bytes taken by one input at most": memory.mostBytes, "bytes by which the process grew": memory.growthBytes };
  return { reached, violations, counters, nextSeed: seed + reached };
}

function violationOf({ name }: Decoder, { what, bytes }: Hostile, seed: number, error: unknown): string {
  return `${name}, seed ${seed}, ${what}: ${error instanceof Error ? error.stack : String(error)}\n${shown(bytes)}`;
}
