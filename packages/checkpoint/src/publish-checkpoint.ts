import type { ChainPart, CheckpointMetadata } from "./checkpoint-metadata.ts";
import type { PublishOptions } from "./checkpoint-request.ts";
import type { CheckpointStore } from "./checkpoint-store.ts";
import { throwIfAborted } from "./abort.ts";
import type { ChunkMemory } from "./chunk-memory.ts";
import { encodeMetadata } from "./metadata-format.ts";

/** A cut with an epoch. */
export type PublishedCut = Pick<CheckpointMetadata, "epoch" | "walPosition" | "walId" | "sourceOffsets" | "watermark" | "keyCount">;

export interface Publication {
  readonly id: number;
  readonly cut: PublishedCut;
  readonly timestamp: number;
  readonly parentId: number | undefined;
  /** The chain that a delta continues; `undefined` for a full state. */
  readonly follows: readonly ChainPart[] | undefined;
  readonly chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /** Which chunks may be made in. */
  readonly memory: ChunkMemory;
  readonly options: PublishOptions;
}

/** Publishes one checkpoint; its metadata, once it is durable. */
export async function publishCheckpoint(store: CheckpointStore, { chunks, memory, options, ...publication }: Publication): Promise<CheckpointMetadata> {
  let metadata: CheckpointMetadata | undefined;
  await store.publish(publication.id, observed(chunks, memory, options), ({ size, checksum }) => {
    metadata = metadataOf(publication, { id: publication.id, size, checksum });
    return encodeMetadata(metadata);
  });
  if (metadata === undefined) throw new TypeError(`${store.location}: publish() settled without asking for the metadata`);
  return metadata;
}

function metadataOf({ id, cut, timestamp, parentId, follows }: Omit<Publication, "chunks" | "memory" | "options">, own: ChainPart): CheckpointMetadata {
  const isDelta = follows !== undefined;
  return {
    id,
    epoch: cut.epoch,
    timestamp,
    walPosition: cut.walPosition,
    walId: cut.walId,
    sourceOffsets: cut.sourceOffsets,
    watermark: cut.watermark,
    sizeBytes: own.size,
    keyCount: cut.keyCount,
    kind: isDelta ? "delta" : "full",
    isIncremental: isDelta,
    parentId,
    chain: isDelta ? [...follows, own] : [own],
  };
}

async function* observed(
  chunks: Publication["chunks"],
  memory: ChunkMemory,
  { signal, onProgress }: PublishOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  let bytes = 0;
  throwIfAborted(signal);
  for await (const chunk of chunks) {
    yield chunk;
    bytes += chunk.length;
    // Who asks for the next one has written it.
    memory.release(chunk);
    onProgress?.({ bytes });
    throwIfAborted(signal);
  }
}
