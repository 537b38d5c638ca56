import { crc32 } from "@laminar/disk/checksum";
import type { Disk } from "@laminar/disk";
import { shown } from "@laminar/disk/arguments";
import { CheckpointError, isCheckpointError } from "./checkpoint-error.ts";
import type { ChainPart, CheckpointMetadata } from "./checkpoint-metadata.ts";
import type { CheckpointReader, CheckpointSurvey, SurveyedCheckpoint, VerifyOptions } from "./checkpoint-reader.ts";
import type { CheckpointStore } from "./checkpoint-store.ts";
import { fileCheckpointStore } from "./file-checkpoint-store.ts";
import { inGroups } from "./in-groups.ts";
import { decodeMetadata } from "./metadata-format.ts";

/** `undefined` when it was withdrawn since it was listed. */
async function surveyOne(store: CheckpointStore, id: number): Promise<SurveyedCheckpoint | undefined> {
  try {
    return { id, metadata: decodeMetadata(await store.readMetadata(id), id, store.locate(id, "metadata")) };
  } catch (problem) {
    if (isCheckpointError(problem, "CHECKPOINT_NOT_FOUND")) return undefined;
    if (isCheckpointError(problem)) return { id, problem };
    throw problem;
  }
}

/**
 * What a moment's listing shows. Where something of it went meanwhile, something else may have come in its place, so it is listed once
 * more: whoever took the rest for all that is there would find nothing beside a manager that keeps one checkpoint.
 */
async function survey(store: CheckpointStore): Promise<CheckpointSurvey> {
  for (let before: string | undefined; ; ) {
    const { exists, ids, ignored } = await store.list();
    const found = await inGroups([...ids].reverse(), (id) => surveyOne(store, id));
    const checkpoints = found.filter((checkpoint) => checkpoint !== undefined);
    const listed = ids.join();
    // What is listed time and again and can't be found isn't a manager's work.
    if (checkpoints.length === found.length || listed === before) return { exists, checkpoints, ignored };
    before = listed;
  }
}

/** What was read of a part's state so far. */
class PartCheck {
  readonly #store: CheckpointStore;
  readonly #part: ChainPart;
  #size = 0;
  #checksum = 0;

  constructor(store: CheckpointStore, part: ChainPart) {
    this.#store = store;
    this.#part = part;
  }

  /** Takes the next chunk; false once there is more than there should be. */
  add(chunk: Uint8Array): boolean {
    this.#size += chunk.length;
    this.#checksum = crc32(chunk, this.#checksum);
    return this.#size <= this.#part.size;
  }

  /** @throws CheckpointError unless all of it came, as it was written */
  finish(): void {
    const { size, checksum } = this.#part;
    if (this.#size !== size || this.#checksum !== checksum) throw damagedState(this.#store, this.#part, { size: this.#size, checksum: this.#checksum });
  }
}

async function* readPart(store: CheckpointStore, part: ChainPart): AsyncGenerator<Uint8Array, void, undefined> {
  const check = new PartCheck(store, part);
  let held: Uint8Array | undefined;
  for await (const chunk of store.readState(part.id)) {
    // The last chunk is held back until the whole is known to be right.
    if (held) yield held;
    held = chunk;
    if (!check.add(chunk)) break;
  }
  check.finish();
  if (held) yield held;
}

function damagedState(store: CheckpointStore, part: ChainPart, found: { readonly size: number; readonly checksum: number }): CheckpointError {
  const { id } = part;
  const file = store.locate(id, "state");
  const hex = (checksum: number): string => checksum.toString(16).padStart(8, "0");
  const what =
    found.size < part.size
      ? `it ends at byte ${found.size} of ${part.size}`
      : found.size > part.size
        ? `it goes on after byte ${part.size}, where it should end`
        : `the checksum of its ${part.size} bytes is ${hex(found.checksum)} and should be ${hex(part.checksum)}`;
  const expected = { size: part.size, checksum: part.checksum };
  return new CheckpointError("CHECKPOINT_CORRUPT", `${file}: the state of checkpoint ${id} is damaged: ${what}`, { id, file, expected, actual: found });
}

async function verify(store: CheckpointStore, { chain }: CheckpointMetadata, { signal, onProgress }: VerifyOptions): Promise<void> {
  const ofBytes = chain.reduce((sum, { size }) => sum + size, 0);
  let bytes = 0;
  const throwIfAborted = (): void => {
    if (signal?.aborted) throw signal.reason ?? new Error("the verification was aborted");
  };
  throwIfAborted();
  const tell = (read: number): void => {
    if (read === 0) return;
    bytes += read;
    onProgress?.({ bytes, ofBytes });
    throwIfAborted();
  };
  for (const part of chain) {
    const check = new PartCheck(store, part);
    let held = 0;
    for await (const chunk of store.scanState?.(part.id) ?? store.readState(part.id)) {
      // The last chunk counts once the whole is known to be right.
      tell(held);
      held = chunk.length;
      if (!check.add(chunk)) break;
    }
    check.finish();
    tell(held);
  }
}

/** Reads the checkpoints of any store, without its lock. */
export function checkpointReader(store: CheckpointStore): CheckpointReader {
  if (typeof store !== "object" || store === null || typeof store.readMetadata !== "function") throw new TypeError(`store must be a CheckpointStore, not ${shown(store)}`);
  return {
    survey: () => survey(store),
    verify: (metadata, options = {}) => verify(store, metadata, options),
    readPart: (part) => readPart(store, part),
  };
}

/** Reads the checkpoints of a directory, without its lock and without changing anything. The directory need not exist. */
export function openCheckpointReader(directory: string, options?: { readonly disk?: Disk | undefined }): CheckpointReader {
  return checkpointReader(fileCheckpointStore(directory, options));
}
