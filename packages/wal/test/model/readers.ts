import type { WalEntry, WalErrorCode } from "../../src/index.ts";
import { isWalError } from "../../src/index.ts";
import { readLogImage, type ReadImage } from "../../src/testing/index.ts";
import { type Files, type ModelVerdict, readModel, type Refusal } from "./model-reader.ts";
import type { Rules } from "./rules.ts";
import { DIRECTORY } from "./subject.ts";

/** How the model calls what the log refuses with. */
export const REFUSALS: Partial<Record<WalErrorCode, Refusal>> = {
  WAL_CORRUPT: "corrupt",
  WAL_SUSPECTED_DAMAGE: "suspected",
  WAL_LOST_SEGMENT: "lost",
  WAL_UNSUPPORTED_FORMAT: "unsupported",
};

/** Reads the files with the model and with the log; `difference` says what they see differently. */
export function readBoth(files: Files, rules: Rules): { readonly model: ModelVerdict; readonly difference?: string | undefined } {
  const model = readModel(files, rules);
  let real: ReadImage<WalEntry>;
  try {
    real = readLogImage({ directory: DIRECTORY, files: new Map([...files].map(([name, bytes]) => [`${DIRECTORY}/${name}`, bytes])) });
  } catch (error) {
    if (!isWalError(error)) throw error;
    const why = REFUSALS[error.code];
    return model.kind === "refused" && model.why === why ? { model } : { model, difference: `the log refuses (${error.message}), the model: ${summary(model)}` };
  }
  return { model, difference: differenceOf(real, model) };
}

const summary = (model: ModelVerdict): string => (model.kind === "refused" ? `refused, ${model.why}` : model.kind === "none" ? "no log" : `${model.lastLsn} ${model.end}`);

function differenceOf({ batches, tail }: ReadImage<WalEntry>, model: ModelVerdict): string | undefined {
  if (model.kind !== "log" || !tail) return model.kind === "none" && !tail ? undefined : `the log reads on, the model: ${summary(model)}`;
  const real = `last ${tail.lastLsn} next ${tail.nextLsn} proven ${tail.provenLsn} end ${tail.end.kind} newest ${tail.newestProven}`;
  const other = `last ${model.lastLsn} next ${model.nextLsn} proven ${model.provenLsn} end ${model.end} newest ${model.newestProven}`;
  if (real !== other) return `the log: ${real}; the model: ${other}`;
  if (batches.length !== model.batches.length) return `the log reads ${batches.length} batches, the model ${model.batches.length}`;
  for (const [i, batch] of batches.entries()) {
    const same = model.batches[i];
    if (!same || batch.firstLsn !== same.firstLsn || batch.session !== same.session || batch.entries.length !== same.entries.length) return `batch ${i} differs`;
    if (!batch.entries.every((entry, at) => isSame(entry, same.entries[at]))) return `an entry of batch ${i} differs`;
  }
  return undefined;
}

const isSameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && Buffer.compare(a, b) === 0;

/** Whether two entries are the same in every byte. */
export function isSame(a: WalEntry, b: WalEntry | undefined): boolean {
  if (a.type === "put") return b?.type === "put" && isSameBytes(a.key, b.key) && isSameBytes(a.value, b.value);
  if (a.type === "delete") return b?.type === "delete" && isSameBytes(a.key, b.key);
  if (a.type === "checkpoint") return b?.type === "checkpoint" && a.id === b.id;
  if (b?.type !== "commit" || a.watermark !== b.watermark || a.offsets.size !== b.offsets.size) return false;
  return [...a.offsets].every(([source, offset]) => b.offsets.get(source) === offset);
}
