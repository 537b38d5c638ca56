import { openCheckpointReader } from "@laminar/checkpoint";
import type { Disk } from "@laminar/disk";
import { isRecoveryError, recover, type RecoveredState } from "@laminar/recovery";
import { inspectWal, openWalReader } from "@laminar/wal";
import type { ModelCut, ReferenceModel } from "../reference-model.ts";

const decoder = new TextDecoder();

/** What a recovery is asked for, as shares of what there is. */
export type Asked = { readonly kind: "all" } | { readonly kind: "lsn" | "watermark" | "entries"; readonly share: number };

export function requireEqual(actual: unknown, expected: unknown, what: string): void {
  if (actual !== expected) throw new Error(`${what} is ${String(actual)}, and should be ${String(expected)}`);
}

export const textOfState = (entries: Iterable<readonly [string, string]>): string =>
  Array.from(entries, ([key, value]) => `${key}=${value}`)
    .sort()
    .join(" ");

/** Offsets have no order. */
export const textOfCut = ({ lsn, state, offsets, watermark }: ModelCut): string =>
  `at ${lsn} [${textOfState(state)}] offsets [${Array.from(offsets, ([source, offset]) => `${source}:${offset}`).sort().join(" ")}] watermark ${watermark ?? "none"}`;

export function foundCut({ walPosition, stateSnapshot, stateChanges, sourceOffsets, watermark }: RecoveredState): ModelCut {
  const state = new Map<string, string>();
  for (const [key, value] of stateSnapshot ?? []) state.set(decoder.decode(key), decoder.decode(value));
  for (const change of stateChanges) {
    if (change.type === "put") state.set(decoder.decode(change.key), decoder.decode(change.value));
    else state.delete(decoder.decode(change.key));
  }
  return { lsn: walPosition, state, offsets: sourceOffsets, watermark };
}

interface Question {
  readonly options: { readonly until?: number | { readonly watermark: bigint }; readonly maxWalEntries?: number };
  readonly expected: (found: RecoveredState | undefined) => ModelCut;
}

/** A question to a recovery, and what the model says to it. */
export function questionOf(asked: Asked, model: ReferenceModel): Question {
  const atMost = (lsn: number): ModelCut => model.cuts.filter((cut) => cut.lsn <= lsn).at(-1) ?? model.last;
  if (asked.kind === "all") return { options: {}, expected: () => model.last };
  if (asked.kind === "lsn") {
    const until = Math.floor(asked.share * ((model.records.at(-1)?.lsn ?? 0) + 2));
    return { options: { until }, expected: () => atMost(until) };
  }
  if (asked.kind === "watermark") {
    const watermark = BigInt(Math.floor(asked.share * (Number(model.last.watermark ?? 0n) + 2)));
    const late = model.cuts.findIndex((cut) => cut.watermark !== undefined && cut.watermark > watermark);
    return { options: { until: { watermark } }, expected: () => model.cuts[late - 1] ?? model.last };
  }
  const maxWalEntries = 1 + Math.floor(asked.share * 10);
  const expected = (found: RecoveredState | undefined): ModelCut => {
    const position = found?.report.checkpoint?.walPosition ?? 0;
    return atMost(model.records.filter(({ lsn }) => lsn > position)[maxWalEntries - 1]?.lsn ?? Infinity);
  };
  return { options: { maxWalEntries }, expected };
}

/** Recovers, beside whoever writes; `undefined` where it was refused, and rightly. */
export async function checkRecovery(disk: Disk, directory: string, model: ReferenceModel, asked: Asked, more: { readonly repairWal?: boolean } = {}): Promise<ModelCut | undefined> {
  const { options, expected } = questionOf(asked, model);
  const places = { checkpointDir: `${directory}/checkpoints`, walDir: `${directory}/log` };
  let found: RecoveredState;
  try {
    found = await recover({ ...places, disk, ...options, ...more });
  } catch (error) {
    if (!isRecoveryError(error, "RECOVERY_LOG_STARTS_LATER") || asked.kind === "all" || asked.kind === "entries") throw error;
    if (error.cause instanceof RangeError) await requireLetGo(disk, places.walDir, expected(undefined), error);
    else await requireGone(disk, places, expected(undefined), error);
    return undefined;
  }
  const cut = foundCut(found);
  requireEqual(textOfCut(cut), textOfCut(expected(found)), `what is recovered with ${asked.kind}`);
  return cut;
}

/** A point in time is refused only when neither the log nor a checkpoint leads there any more. */
async function requireGone(disk: Disk, { checkpointDir, walDir }: { readonly checkpointDir: string; readonly walDir: string }, { lsn }: ModelCut, error: Error): Promise<void> {
  const log = await openWalReader(walDir, { disk });
  const { checkpoints } = await openCheckpointReader(checkpointDir, { disk }).survey();
  const leads = checkpoints.some(({ metadata }) => metadata && metadata.walPosition <= lsn && metadata.walPosition >= log.startsAfter && log.counts(metadata.walPosition));
  if (leads || log.startsAfter === 0) throw new Error(`refused, and a checkpoint or the log leads to ${lsn}: ${error.message}`, { cause: error });
  await log.close();
}

/** It can be read and not gone back to only where the log has let go what is before it. */
async function requireLetGo(disk: Disk, walDir: string, { lsn }: ModelCut, error: Error): Promise<void> {
  const { segments } = await inspectWal(walDir, { disk });
  const oldest = Math.max(...segments.map(({ oldestLsn }) => oldestLsn));
  if (lsn >= oldest - 1) throw new Error(`refused, and the log has let go only what is below ${oldest}: ${error.message}`, { cause: error });
}
