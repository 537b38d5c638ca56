import { recover, type RecoverySink } from "@laminar/recovery";
import { peakMemory } from "../work.ts";

export interface Places {
  readonly walDir: string;
  readonly checkpointDir?: string;
}

export interface Recovery {
  readonly milliseconds: number;
  readonly peakBytes: number;
  /** Entries of the checkpoint and changes after it that were given to the sink. */
  readonly loaded: number;
  readonly applied: number;
}

/** Recovers through a sink that looks at every change and keeps none. */
export async function recoverStreaming(places: Places): Promise<Recovery> {
  let loaded = 0;
  let applied = 0;
  const sink: RecoverySink = {
    async restore(entries) {
      for await (const block of entries) loaded += block.length;
    },
    apply: (changes) => void (applied += changes.length),
  };
  const start = performance.now();
  await recover({ ...places, apply: sink });
  return { milliseconds: performance.now() - start, peakBytes: peakMemory(), loaded, applied };
}
