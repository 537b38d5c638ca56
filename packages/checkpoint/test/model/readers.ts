import type { SimulatedDisk } from "@laminar/disk/testing";
import { type RecoveryParts, recoverCore } from "../../../recovery/src/core/recover-core.ts";
import { checkpointReader, type CheckpointReader, fileCheckpointStore } from "../../src/index.ts";
import { DIRECTORY, type ReadonlyTree } from "./model-directory.ts";
import { counts, LOG_ID, type LogRecord, type ModelLog } from "./model-log.ts";
import { SOURCE } from "./model-metadata.ts";
import { recoverModel, type Refusal, type Verdict } from "./model-recovery.ts";
import type { Rules } from "./rules.ts";
import { readParts, textOf } from "./state-bytes.ts";

export type Log = NonNullable<Awaited<ReturnType<RecoveryParts["openLog"]>>>;
type Batch = Awaited<ReturnType<Log["read"]> extends AsyncIterable<infer B> ? B : never>;

const text = new TextEncoder();
const fromText = new TextDecoder();

function entryOf({ lsn, change }: LogRecord): Batch["entries"][number] {
  if (!change) return { type: "commit", offsets: new Map([[SOURCE, BigInt(lsn)]]) };
  const [key, value] = change;
  return value === null ? { type: "delete", key: text.encode(key) } : { type: "put", key: text.encode(key), value: text.encode(value) };
}

/** Records of one session that follow each other. */
function* batchesOf(log: ModelLog, after: number): Generator<Batch, void, undefined> {
  let batch: LogRecord[] = [];
  const whole = (): Batch => ({ firstLsn: batch[0]?.lsn ?? 0, session: batch[0]?.session ?? 0, entries: batch.map(entryOf) });
  for (const record of log.records) {
    if (record.lsn <= after) continue;
    const last = batch.at(-1);
    if (last && (last.session !== record.session || last.lsn + 1 !== record.lsn)) {
      yield whole();
      batch = [];
    }
    batch.push(record);
  }
  if (batch.length > 0) yield whole();
}

/** The model's log as a recovery reads one. */
export function logReader(opened: ModelLog): Log {
  return {
    logId: LOG_ID,
    startsAfter: opened.startsAfter,
    firstLsn: opened.records[0]?.lsn ?? opened.lastLsn + 1,
    lastLsn: opened.lastLsn,
    end: { kind: "clean", offset: 0, bytes: 0 },
    counts: (lsn) => counts(opened, lsn),
    async *read(options) {
      yield* batchesOf(opened, options?.after ?? 0);
    },
    entries() {
      throw new Error("recovery reads batches");
    },
    close: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

const REFUSALS: Readonly<Record<string, Refusal>> = { RECOVERY_POSITION_BEYOND_LOG: "beyond", RECOVERY_LOG_STARTS_LATER: "starts later" };

/** What a recovery over the real readers gives. The keys that the log changed come in any order. */
export async function recoverReal(checkpoints: CheckpointReader, openLog: () => Log, until?: number): Promise<Verdict> {
  let state = new Map<string, string>();
  const changed = new Set<string>();
  try {
    const recovered = await recoverCore(
      {
        checkpoints,
        openLog: async () => openLog(),
        async *decode(parts) {
          yield Array.from(await readParts(parts), ([key, value]) => ({ key: text.encode(key), value: text.encode(value) }));
        },
        snapshot() {
          throw new Error("a sink takes the state");
        },
        monotonic: () => 0,
      },
      {
        replay: "committed",
        maxWalEntries: 0,
        until,
        maxTransactionBytes: 1_000_000,
        collectStateChanges: false,
        mustExist: false,
        acceptMissingLog: false,
        onDamage: "refuse",
        onProgress: undefined,
        signal: undefined,
        apply: {
          async restore(blocks) {
            state = new Map();
            changed.clear();
            for await (const block of blocks) for (const { key, value } of block) if (value) state.set(fromText.decode(key), fromText.decode(value));
          },
          apply(changes) {
            for (const change of changes) {
              const key = fromText.decode(change.key);
              changed.add(key);
              if (change.type === "put") state.set(key, fromText.decode(change.value));
              else state.delete(key);
            }
          },
        },
      },
    );
    return {
      kind: "recovered",
      loaded: recovered.checkpointId,
      lsn: recovered.walPosition,
      offset: recovered.sourceOffsets.get(SOURCE) ?? 0n,
      state: textOf(state),
      changed: [...changed],
      skipped: recovered.report.skippedCheckpoints.map(({ id, reason }) => `${id} ${reason}`).join(),
    };
  } catch (error) {
    const why = error instanceof Error && "code" in error ? REFUSALS[String(error.code)] : undefined;
    if (why === undefined) throw error;
    return { kind: "refused", why };
  }
}

export const describeVerdict = (verdict: Verdict): string =>
  verdict.kind === "refused" ? `refused, ${verdict.why}` : `${verdict.loaded} at ${verdict.lsn} (${verdict.offset}): [${verdict.state}] by ${verdict.changed.join()}; passed over ${verdict.skipped}`;

/** What the model and a recovery over the real readers make of the same directory and log, and where they differ. */
export async function readBoth(
  disk: SimulatedDisk,
  tree: ReadonlyTree,
  log: ModelLog,
  rules: Rules,
  until?: number,
): Promise<{ readonly verdict: Verdict; readonly difference?: string }> {
  const verdict = recoverModel(tree, log, rules, until);
  const real = await recoverReal(checkpointReader(fileCheckpointStore(DIRECTORY, { disk })), () => logReader(log), until);
  const [one, other] = [describeVerdict(real), describeVerdict(verdict)];
  return one === other ? { verdict } : { verdict, difference: `DISAGREEMENT: a recovery gives ${one}, the model ${other}` };
}
