import type { CheckpointMetadata, CheckpointReader } from "@laminar/checkpoint";
import type { SnapshotEntry, StateSnapshot } from "@laminar/state-snapshot";
import type { AbortSignalLike } from "@laminar/wal";
import type { RecoverySink } from "./recovery-sink.ts";

type Chunks = AsyncIterable<Uint8Array>;

/** How a checkpoint's bytes become a state. */
export interface CheckpointLoading {
  readonly checkpoints: CheckpointReader;
  readonly decode: (parts: readonly Chunks[]) => AsyncIterable<readonly SnapshotEntry[]>;
  readonly snapshot: (parts: readonly Chunks[]) => Promise<StateSnapshot>;
  readonly sink: RecoverySink | undefined;
  /** Entries read since the last call. */
  readonly onEntries: (read: number) => void;
  readonly signal: AbortSignalLike | undefined;
}

/** Throws a signal's reason once it is aborted. */
export function checkSignal(signal: AbortSignalLike | undefined): void {
  if (signal?.aborted) throw signal.reason ?? new Error("aborted");
}

/** What came of a checkpoint: a state, where no sink took it, or what its reader has against it. Then nothing of it stays anywhere. */
export type LoadResult = { readonly snapshot?: StateSnapshot | undefined; readonly problem?: undefined } | { readonly problem: Problem };

/** In an object, because anything can be thrown. */
interface Problem {
  readonly error: unknown;
}

/**
 * Loads a checkpoint if it verifies. What takes the bytes as a whole reads them once, verified as they come; what takes entries one by
 * one can't give them back, so all is read and verified before. Rejects with errors that aren't the reader's.
 */
export async function loadCheckpoint(loading: CheckpointLoading, chosen: CheckpointMetadata): Promise<LoadResult> {
  const { checkpoints, decode, snapshot, sink, onEntries, signal } = loading;
  checkSignal(signal);
  if (sink && !sink.restoreParts) {
    const problem = await problemOf(checkpoints, chosen, signal);
    if (problem) return { problem };
    await sink.restore(counted(decode(new ChainStreams(checkpoints, chosen, signal).parts), onEntries));
    return {};
  }
  const streams = new ChainStreams(checkpoints, chosen, signal);
  const taken = await settled<number | StateSnapshot>(async () => sink?.restoreParts?.(streams.parts) ?? snapshot(streams.parts));
  // Damage explains a failure better than what a parser made of it; and who didn't read to the end hasn't seen it.
  const problem = streams.problem ?? (streams.areVerified ? undefined : await problemOf(checkpoints, chosen, signal));
  if (problem) return { problem };
  if ("error" in taken) throw taken.error;
  onEntries(typeof taken.value === "number" ? taken.value : taken.value.size);
  return { snapshot: typeof taken.value === "number" ? undefined : taken.value };
}

/** What a reader has against a checkpoint, read wholly. */
export async function problemOf(checkpoints: CheckpointReader, chosen: CheckpointMetadata, signal: AbortSignalLike | undefined): Promise<Problem | undefined> {
  const verified = await settled(() => checkpoints.verify(chosen, { signal }));
  return "error" in verified ? verified : undefined;
}

async function settled<T>(work: () => Promise<T>): Promise<{ readonly value: T } | Problem> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error };
  }
}

/** The parts of a checkpoint's chain, oldest first, which remember how their reading ended. */
class ChainStreams {
  readonly parts: readonly Chunks[];
  /** The first error of a part's reader, or the signal's reason. */
  problem: Problem | undefined;
  #unread: number;

  constructor(checkpoints: CheckpointReader, { chain }: CheckpointMetadata, signal: AbortSignalLike | undefined) {
    this.parts = chain.map((part) => this.#watched(checkpoints.readPart(part), signal));
    this.#unread = chain.length;
  }

  /** Whether each part was read to its end, and so was right. */
  get areVerified(): boolean {
    return this.#unread === 0;
  }

  async *#watched(chunks: Chunks, signal: AbortSignalLike | undefined): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const chunk of chunks) {
        checkSignal(signal);
        yield chunk;
      }
      this.#unread -= 1;
    } catch (error) {
      this.problem ??= { error };
      throw error;
    }
  }
}

async function* counted(blocks: AsyncIterable<readonly SnapshotEntry[]>, onEntries: (read: number) => void): AsyncGenerator<readonly SnapshotEntry[], void, undefined> {
  for await (const block of blocks) {
    onEntries(block.length);
    yield block;
  }
}
