import { openDurableState } from "@laminar/recovery";
import { bytesCodec } from "@laminar/wal";
import { peakMemory } from "../work.ts";

export interface StatePlace {
  readonly directory: string;
}

export interface OpenedState {
  readonly milliseconds: number;
  readonly peakBytes: number;
  readonly keys: number;
}

const open = ({ directory }: StatePlace) => openDurableState({ directory, keys: "bytes", values: bytesCodec });

/** Opens a state, which recovers it, and says how long that took. */
export async function openState(place: StatePlace): Promise<OpenedState> {
  const start = performance.now();
  const state = await open(place);
  const opened = { milliseconds: performance.now() - start, peakBytes: peakMemory(), keys: state.size };
  await state.close();
  return opened;
}

/** Makes a checkpoint of a state, so that the next opening loads that instead of replaying the log. */
export async function saveState(place: StatePlace): Promise<void> {
  const state = await open(place);
  await state.checkpoint();
  await state.close();
}
