import { crc32 } from "@laminar/disk/checksum";
import type { Disk } from "@laminar/disk";
import { CheckpointError, isCheckpointError } from "./checkpoint-error.ts";
import type { ChainPart } from "./checkpoint-metadata.ts";
import type { CheckpointReader, SurveyedCheckpoint } from "./checkpoint-reader.ts";
import type { CheckpointStore } from "./checkpoint-store.ts";
import { fileCheckpointStore } from "./file-checkpoint-store.ts";
import { decodeMetadata } from "./metadata-format.ts";

async function surveyOne(store: CheckpointStore, id: number): Promise<SurveyedCheckpoint> {
  try {
    return { id, metadata: decodeMetadata(await store.readMetadata(id), id, `${store.location}: checkpoint ${id}`) };
  } catch (problem) {
    if (isCheckpointError(problem, "CHECKPOINT_NOT_FOUND")) {
      return { id, problem: new CheckpointError("CHECKPOINT_CORRUPT", `${store.location}: checkpoint ${id} has no metadata`, { id, cause: problem }) };
    }
    if (isCheckpointError(problem)) return { id, problem };
    throw problem;
  }
}

/** A published checkpoint without its state is damaged; one that was withdrawn meanwhile isn't there. */
async function* stateOf(store: CheckpointStore, id: number): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* store.readState(id);
  } catch (error) {
    if (!isCheckpointError(error, "CHECKPOINT_NOT_FOUND")) throw error;
    await store.readMetadata(id);
    throw new CheckpointError("CHECKPOINT_CORRUPT", `${store.location}: the state of checkpoint ${id} is gone`, { id, cause: error });
  }
}

async function* readPart(store: CheckpointStore, part: ChainPart): AsyncGenerator<Uint8Array, void, undefined> {
  const { id } = part;
  let size = 0;
  let checksum = 0;
  let held: Uint8Array | undefined;
  for await (const chunk of stateOf(store, id)) {
    // The last chunk is held back until the whole is known to be right.
    if (held) yield held;
    size += chunk.length;
    checksum = crc32(chunk, checksum);
    held = chunk;
    if (size > part.size) break;
  }
  if (size !== part.size || checksum !== part.checksum) {
    const what = size === part.size ? "its checksum differs" : `it has ${size > part.size ? "more than" : `${size} of`} ${part.size} bytes`;
    throw new CheckpointError("CHECKPOINT_CORRUPT", `${store.location}: the state of checkpoint ${id} is damaged: ${what}`, { id, expected: part, actual: { size, checksum } });
  }
  if (held) yield held;
}

/** Reads the checkpoints of any store, without its lock. */
export function checkpointReader(store: CheckpointStore): CheckpointReader {
  return {
    async survey() {
      const { exists, ids, ignored } = await store.list();
      const checkpoints: SurveyedCheckpoint[] = [];
      for (const id of [...ids].reverse()) checkpoints.push(await surveyOne(store, id));
      return { exists, checkpoints, ignored };
    },
    async verify(metadata, options) {
      for (const part of metadata.chain) {
        for await (const _ of readPart(store, part)) {
          if (options?.signal?.aborted) throw options.signal.reason ?? new Error("aborted");
        }
      }
    },
    readPart: (part) => readPart(store, part),
  };
}

/** Reads the checkpoints of a directory, without its lock and without changing anything. The directory need not exist. */
export function openCheckpointReader(directory: string, options?: { readonly disk?: Disk | undefined }): CheckpointReader {
  return checkpointReader(fileCheckpointStore(directory, options));
}
