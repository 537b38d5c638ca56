import { basename, dirname } from "node:path";
import type { Disk } from "@laminar/disk";
import { CheckpointError } from "./checkpoint-error.ts";
import type { CheckpointMetadata } from "./checkpoint-metadata.ts";
import { parseName } from "./checkpoint-names.ts";
import { fileCheckpointStore } from "./file-checkpoint-store.ts";
import { decodeMetadata } from "./metadata-format.ts";
import { checkpointReader } from "./read-checkpoints.ts";

/** Verifies one checkpoint directory: its metadata and its own state. Changes nothing. Resolves to the metadata. */
export async function validateCheckpoint(directory: string, options?: { readonly disk?: Disk | undefined }): Promise<CheckpointMetadata> {
  const name = parseName(basename(directory));
  if (name?.kind !== "checkpoint") {
    throw new CheckpointError("CHECKPOINT_NOT_FOUND", `${directory} is not named like a checkpoint (checkpoint_ and 16 hex digits)`, { file: directory });
  }
  const store = fileCheckpointStore(dirname(directory), options);
  const metadata = decodeMetadata(await store.readMetadata(name.id), name.id, directory);
  await checkpointReader(store).verify({ ...metadata, chain: metadata.chain.slice(-1) });
  return metadata;
}
