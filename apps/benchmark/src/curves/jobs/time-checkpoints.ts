import { join } from "node:path";
import { openCheckpointManager } from "@laminar/checkpoint";
import { createStateStore, type StateCapture } from "@laminar/state-snapshot";
import { median, repeat } from "../steps.ts";
import { keyMaker, shuffled, valueOf } from "../work.ts";

export interface Checkpointing {
  readonly directory: string;
  readonly seed: number;
  readonly keys: number;
  /** Keys that change before each delta, one list of deltas for each. */
  readonly changed: readonly number[];
  readonly rounds: number;
}

export interface Timed {
  readonly milliseconds: number;
  readonly bytes: number;
}

export interface Checkpoints {
  readonly full: Timed;
  /** One for each number of changed keys. */
  readonly deltas: readonly Timed[];
}

/** Publishes full checkpoints of one state, then deltas on the last of them, each durable; medians. */
export async function timeCheckpoints({ directory, seed, keys, changed, rounds }: Checkpointing): Promise<Checkpoints> {
  const store = createStateStore();
  const keyOf = keyMaker(seed);
  const value = valueOf();
  const change = (from: number, count: number): void => {
    for (let number = from; number < from + count; number++) store.put(keyOf(shuffled(number % keys, keys)), value);
  };
  change(0, keys);
  const fulls = await openCheckpointManager({ directory: join(directory, "full"), incremental: false, maxRetained: 1 });
  const chained = await openCheckpointManager({ directory: join(directory, "chain"), maxChainLength: 1000, maxDeltaRatio: 1000 });
  const timed = async (manager: typeof fulls, capture: () => StateCapture, kind: "full" | "delta"): Promise<Timed> => {
    const start = performance.now();
    const made = await manager.create({ walPosition: 0, state: capture() });
    if (made.kind !== kind) throw new TypeError(`a ${made.kind} checkpoint instead of a ${kind} one`);
    return { milliseconds: performance.now() - start, bytes: made.sizeBytes };
  };
  const full = await repeat(rounds, () => timed(fulls, () => store.snapshot(), "full"));
  await timed(chained, () => store.snapshot(), "full");
  const deltas: Timed[] = [];
  let from = 0;
  for (const count of changed) {
    const made = await repeat(rounds, () => {
      change(from, count);
      from += count;
      return timed(chained, () => store.delta(), "delta");
    });
    deltas.push(middle(made));
  }
  await fulls.close();
  await chained.close();
  return { full: middle(full), deltas };
}

function middle(all: readonly Timed[]): Timed {
  return { milliseconds: median(all.map(({ milliseconds }) => milliseconds)), bytes: median(all.map(({ bytes }) => bytes)) };
}
