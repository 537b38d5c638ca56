import { basename, dirname } from "node:path";
import type { Disk } from "@laminar/disk";
import { requireKnownNames, shown } from "@laminar/disk/arguments";
import { CheckpointError } from "./checkpoint-error.ts";
import type { CheckpointMetadata } from "./checkpoint-metadata.ts";
import { parseName } from "./checkpoint-names.ts";
import type { VerifyOptions } from "./checkpoint-reader.ts";
import { checkRunOptions } from "./checkpoint-request.ts";
import { fileCheckpointStore } from "./file-checkpoint-store.ts";
import { decodeMetadata } from "./metadata-format.ts";
import { checkpointReader } from "./read-checkpoints.ts";

/**
 * Verifies one checkpoint directory: its metadata and its own state, not the parts of other checkpoints that it builds on.
 * Changes nothing, needs no lock and a few chunks of memory. Resolves to the metadata; rejects with a `CheckpointError` that
 * names the file.
 */
export async function validateCheckpoint(
  directory: string,
  options: VerifyOptions & { readonly disk?: Disk | undefined } = {},
): Promise<CheckpointMetadata> {
  if (typeof directory !== "string" || directory === "" || directory.includes("\0")) throw new TypeError(`directory must be the path of a checkpoint's directory, not ${shown(directory)}`);
  if (typeof options !== "object" || options === null) throw new TypeError(`options must be an object, not ${shown(options)}`);
  const { disk, ...running } = options;
  requireKnownNames(options, { disk: true, signal: true, onProgress: true }, "a validation");
  checkRunOptions(running);
  const name = parseName(basename(directory));
  if (name?.kind !== "checkpoint") {
    throw new CheckpointError("CHECKPOINT_NOT_FOUND", `${directory} is not named like a checkpoint (checkpoint_ and 16 hex digits)`, { file: directory });
  }
  const store = fileCheckpointStore(dirname(directory), { disk });
  const metadata = decodeMetadata(await store.readMetadata(name.id), name.id, store.locate(name.id, "metadata"));
  await checkpointReader(store).verify({ ...metadata, chain: metadata.chain.slice(-1) }, running);
  return metadata;
}
