import { CheckpointError, type CheckpointErrorCode, type CheckpointStore, isCheckpointError } from "@laminar/checkpoint";
import { type DiskFile, isDiskError, readFully } from "@laminar/disk";
import { crc32 } from "@laminar/disk/checksum";

/*
 * One checkpoint as one file: the state's bytes, then the metadata's, then four bytes that say how many of them are metadata.
 */

type Publish = Parameters<CheckpointStore["publish"]>;

const trailerBytes = 4;
const chunkBytes = 256 * 1024;
const metadataBytesMax = 16 * 1024 * 1024;

/** The file's content. Metadata come last, because they are told size and checksum of the state. */
export async function* contentOf(state: Publish[1], describe: Publish[2]): AsyncGenerator<Uint8Array, void, undefined> {
  let written = { size: 0, checksum: 0 };
  for await (const chunk of state) {
    requireBytes(chunk);
    written = { size: written.size + chunk.length, checksum: crc32(chunk, written.checksum) };
    yield chunk;
  }
  const metadata = describe(written);
  requireBytes(metadata);
  if (metadata.length < 1 || metadata.length > metadataBytesMax) throw new RangeError(`metadata have 1 to ${metadataBytesMax} bytes, not ${metadata.length}`);
  yield metadata;
  const trailer = new Uint8Array(trailerBytes);
  new DataView(trailer.buffer).setUint32(0, metadata.length);
  yield trailer;
}

export async function readMetadataOf(file: DiskFile): Promise<Uint8Array> {
  const { stateBytes, metadataBytes } = await partsOf(file);
  const metadata = new Uint8Array(metadataBytes);
  await readFully(file, stateBytes, metadata);
  return metadata;
}

export async function* readStateOf(file: DiskFile): AsyncGenerator<Uint8Array, void, undefined> {
  const { stateBytes } = await inStoreWords(partsOf)(file);
  for (let at = 0; at < stateBytes; at += chunkBytes) {
    const chunk = new Uint8Array(Math.min(chunkBytes, stateBytes - at));
    await inStoreWords(readFully)(file, at, chunk);
    yield chunk;
  }
}

/** What a length from disk may be is known before memory is taken for it. */
async function partsOf(file: DiskFile): Promise<{ readonly stateBytes: number; readonly metadataBytes: number }> {
  const trailerAt = (await file.size()) - trailerBytes;
  const trailer = new Uint8Array(trailerBytes);
  if (trailerAt >= 0) await readFully(file, trailerAt, trailer);
  const metadataBytes = new DataView(trailer.buffer).getUint32(0);
  if (metadataBytes >= 1 && metadataBytes <= Math.min(trailerAt, metadataBytesMax)) return { stateBytes: trailerAt - metadataBytes, metadataBytes };
  throw new CheckpointError("CHECKPOINT_CORRUPT", `${file.path}: its last bytes don't say where the metadata begin`, { file: file.path });
}

const codes: Readonly<Record<string, CheckpointErrorCode>> = {
  DISK_LOCKED: "CHECKPOINT_LOCKED",
  DISK_NOT_FOUND: "CHECKPOINT_NOT_FOUND",
  DISK_NOT_A_FILE: "CHECKPOINT_NOT_FOUND",
};

/** The same call, with a failure of the disk told as a store tells it. What the caller's own code threw stays as it is. */
export function inStoreWords<A extends readonly unknown[], T>(call: (...args: A) => Promise<T>): (...args: A) => Promise<T> {
  return (...args) => call(...args).catch(fail);
}

function fail(error: unknown): never {
  if (isCheckpointError(error) || !isDiskError(error)) throw error;
  throw new CheckpointError(codes[error.code] ?? "CHECKPOINT_IO", error.message, { file: error.file, cause: error });
}

function requireBytes(bytes: unknown): void {
  if (!(bytes instanceof Uint8Array)) throw new TypeError("a chunk of a state, and its metadata, are a Uint8Array");
}
