import type { ChainPart, CheckpointMetadata, CheckpointReader, SurveyedCheckpoint } from "@laminar/checkpoint";
import { CheckpointError } from "@laminar/checkpoint";
import { crc32 } from "@laminar/disk/checksum";

/** A checkpoint as a test writes it down. */
export interface MemoryCheckpoint {
  readonly id: number;
  readonly walPosition: number;
  readonly walId?: string | undefined;
  /** The bytes of its own part: a snapshot, or a delta when it has a `base`. */
  readonly state: Uint8Array;
  /** Id of the checkpoint that this one's delta belongs on. */
  readonly base?: number | undefined;
  readonly epoch?: number | undefined;
  readonly sourceOffsets?: ReadonlyMap<string, bigint> | undefined;
  readonly watermark?: bigint | undefined;
  readonly keyCount?: number | undefined;
  /** @default 0 */
  readonly timestamp?: number | undefined;
  /** What doesn't verify, if anything; `"gone"`: the chains of others name it, and it isn't there. */
  readonly damage?: "metadata" | "state" | "gone" | undefined;
}

/** Checkpoints that are an array, oldest first: for tests of a recovery of one's own, and as the smallest `CheckpointReader` there is. */
export function memoryCheckpointReader(checkpoints: readonly MemoryCheckpoint[]): CheckpointReader {
  const byId = new Map(checkpoints.map((checkpoint) => [checkpoint.id, checkpoint]));
  const chainOf = ({ id, base, state }: MemoryCheckpoint): readonly ChainPart[] => {
    const below = base === undefined ? undefined : byId.get(base);
    return [...(below ? chainOf(below) : []), { id, size: state.length, checksum: crc32(state) }];
  };
  const metadataOf = (checkpoint: MemoryCheckpoint): CheckpointMetadata => ({
    id: checkpoint.id,
    epoch: checkpoint.epoch ?? 0,
    timestamp: checkpoint.timestamp ?? 0,
    walPosition: checkpoint.walPosition,
    walId: checkpoint.walId,
    sourceOffsets: checkpoint.sourceOffsets ?? new Map(),
    watermark: checkpoint.watermark,
    sizeBytes: checkpoint.state.length,
    keyCount: checkpoint.keyCount,
    kind: checkpoint.base === undefined ? "full" : "delta",
    isIncremental: checkpoint.base !== undefined,
    parentId: checkpoint.base,
    chain: chainOf(checkpoint),
  });
  const survey = (checkpoint: MemoryCheckpoint): SurveyedCheckpoint =>
    checkpoint.damage === "metadata"
      ? { id: checkpoint.id, problem: new CheckpointError("CHECKPOINT_CORRUPT", `the metadata of checkpoint ${checkpoint.id} don't verify`, { id: checkpoint.id }) }
      : { id: checkpoint.id, metadata: metadataOf(checkpoint) };
  async function* readPart({ id, size, checksum }: ChainPart): AsyncGenerator<Uint8Array, void, undefined> {
    const found = byId.get(id);
    if (!found || found.damage === "gone") throw new CheckpointError("CHECKPOINT_NOT_FOUND", `there is no checkpoint ${id}`, { id });
    if (found.damage === "state" || found.state.length !== size || crc32(found.state) !== checksum) {
      throw new CheckpointError("CHECKPOINT_CORRUPT", `the state of checkpoint ${id} is damaged`, { id });
    }
    yield found.state;
  }
  return {
    survey: async () => ({
      exists: true,
      checkpoints: checkpoints.filter(({ damage }) => damage !== "gone").map(survey).reverse(),
      ignored: [],
    }),
    async verify({ chain }, { signal, onProgress } = {}) {
      const throwIfAborted = (): void => {
        if (signal?.aborted) throw signal.reason ?? new Error("aborted");
      };
      const ofBytes = chain.reduce((sum, { size }) => sum + size, 0);
      let bytes = 0;
      throwIfAborted();
      for (const part of chain) {
        for await (const chunk of readPart(part)) {
          bytes += chunk.length;
          onProgress?.({ bytes, ofBytes });
          throwIfAborted();
        }
      }
    },
    readPart,
  };
}
