import type { CheckpointReader } from "@laminar/checkpoint";
import { StateSnapshot } from "@laminar/state-snapshot";
import type { LogReader, WalBatch, WalEntry } from "@laminar/wal";
import { describe, expect, it } from "vitest";
import { isCorruption, planRecovery, type PlanInput, type RecoveryPlan } from "../src/core/index.ts";
import { formatReport, recover, type RecoveredState } from "../src/index.ts";
import { type MemoryCheckpoint, memoryCheckpointReader, memoryLogReader } from "../src/testing/index.ts";
import { stateOf, textOf } from "./recovered-states.ts";
import { seeded } from "./seeded.ts";

const SEEDS = process.env["RECOVERY_PROOF"] ? 60_000 : 3000;
const COMMITS = 8;
const encoder = new TextEncoder();

type Random = () => number;
const upTo = (random: Random, count: number): number => Math.floor(random() * count);

/** What really happened: the state after each commit. Commit n is records 2n - 1 and 2n, and says offset n. */
interface Truth {
  readonly batches: readonly WalBatch<WalEntry>[];
  readonly states: readonly ReadonlyMap<string, string>[];
}

function history(random: Random): Truth {
  const states: ReadonlyMap<string, string>[] = [new Map()];
  const batches: WalBatch<WalEntry>[] = [];
  let session = 1;
  for (let number = 1; number <= COMMITS; number++) {
    const key = `k${upTo(random, 4)}`;
    const state = new Map(states.at(-1)).set(key, `${number}`);
    states.push(state);
    if (random() < 0.2) session++;
    const put: WalEntry = { type: "put", key: encoder.encode(key), value: encoder.encode(`${number}`) };
    batches.push({ firstLsn: 2 * number - 1, session, entries: [put, { type: "commit", offsets: new Map([["s", BigInt(number)]]), watermark: BigInt(number * 10) }] });
  }
  return { batches, states };
}

/** What is left of it: checkpoints and a log, either of them whole, damaged, of another program, or gone. */
interface Left {
  readonly checkpoints: readonly MemoryCheckpoint[];
  readonly reader: CheckpointReader;
  readonly log: LogReader<WalEntry> | undefined;
}

function leftOf({ batches, states }: Truth, random: Random): Left {
  let id = 0;
  let at = 0;
  const checkpoints: MemoryCheckpoint[] = [];
  const harms = random() < 0.5 ? 0 : 0.4;
  const named = random() < 0.65 ? "A" : undefined;
  for (let i = upTo(random, 4); i > 0; i--) {
    id += 1 + upTo(random, 2);
    at = Math.min(COMMITS, at + 1 + upTo(random, 4));
    const state = StateSnapshot.from([...(states[at] ?? [])].map(([key, value]) => [encoder.encode(key), encoder.encode(value)] as const)).toBytes();
    const damage = random() < harms ? (random() < 0.5 ? "metadata" : "state") : undefined;
    const walId = random() < 0.06 ? "B" : named;
    checkpoints.push({ id, walPosition: 2 * at, walId, state, epoch: id, sourceOffsets: new Map([["s", BigInt(at)]]), watermark: BigInt(at * 10), damage });
  }
  const first = random() < 0.5 ? 0 : upTo(random, COMMITS);
  const last = random() < 0.6 ? COMMITS : first + upTo(random, COMMITS - first);
  const log = random() < 0.3 ? undefined : memoryLogReader(batches.slice(first, last), { logId: "A", startsAfter: 2 * first });
  return { checkpoints, reader: memoryCheckpointReader(checkpoints), log };
}

interface Asked {
  readonly until?: number | undefined;
  readonly acceptMissingLog: boolean;
  readonly mustExist: boolean;
}

/** Plans, verifies, and plans again until the plan stands, as its contract says. */
async function planFor({ reader, log }: Left, asked: Asked): Promise<RecoveryPlan> {
  const damaged = new Map<number, string>();
  for (;;) {
    const input: PlanInput = { survey: await reader.survey(), log, ...asked, damaged: new Map(damaged), isDamage: isCorruption };
    const before = JSON.stringify(input, (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value instanceof Map ? [...value] : value));
    const plan = planRecovery(input);
    expect(planRecovery(input), "the same plan for the same input").toEqual(plan);
    expect(JSON.stringify(input, (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value instanceof Map ? [...value] : value))).toBe(before);
    if (!plan.checkpoint) return plan;
    try {
      await reader.verify(plan.checkpoint);
      return plan;
    } catch (error) {
      damaged.set(plan.checkpoint.id, String(error));
    }
  }
}

/** Why a refusal with that code is right, by what is left and nothing else. */
function hasReason(code: string, { checkpoints, log }: Left, { until, mustExist }: Asked): boolean {
  const readable = checkpoints.filter(({ damage }) => damage !== "metadata");
  const usable = checkpoints.filter(({ damage, walPosition }) => damage === undefined && (until === undefined || walPosition <= until));
  const newest = usable.at(-1);
  const newer = checkpoints.filter(({ id }) => id > (newest?.id ?? 0));
  if (code === "RECOVERY_LOG_MISMATCH") return log !== undefined && readable.some(({ walId }) => walId === "B");
  if (code === "RECOVERY_LOG_ID_UNKNOWN") return log !== undefined && readable.some(({ walId }) => walId === undefined);
  if (code === "RECOVERY_POSITION_BEYOND_LOG") return readable.some(({ walId, walPosition }) => walId !== "B" && walPosition > (log?.lastLsn ?? Infinity));
  if (code === "RECOVERY_LOG_STARTS_LATER") return log !== undefined && (newest?.walPosition ?? 0) < log.startsAfter;
  if (log !== undefined) return false;
  if (code === "RECOVERY_LOG_MISSING") return newest?.walId !== undefined || newer.some(({ walPosition, damage }) => damage !== "metadata" && walPosition > (until ?? Infinity));
  if (code === "RECOVERY_NO_USABLE_CHECKPOINT") return newest === undefined && newer.some(({ damage }) => damage !== undefined);
  if (code === "RECOVERY_NEWER_CHECKPOINT_DAMAGED") return newest !== undefined && newer.some(({ damage }) => damage !== undefined);
  return code === "RECOVERY_NOT_FOUND" && mustExist && checkpoints.length === 0;
}

/** Nothing is missing: a checkpoint of this log, or the log's start, and every record from there on. */
function isWhole({ checkpoints, log }: Left, { until }: Asked): boolean {
  if (!log) return false;
  const usable = checkpoints.filter(({ damage, walPosition }) => damage === undefined && (until === undefined || walPosition <= until));
  const isOwn = checkpoints.every(({ walId }) => walId === "A");
  return isOwn && (usable.at(-1)?.walPosition ?? 0) >= log.startsAfter && checkpoints.every(({ damage, walPosition }) => damage === "metadata" || walPosition <= log.lastLsn);
}

/** A checkpoint, used or not, was made where the log doesn't reach. */
const isShort = ({ checkpoints, log }: Left): boolean =>
  log !== undefined && checkpoints.some(({ damage, walId, walPosition }) => damage !== "metadata" && walId === "A" && walPosition > log.lastLsn);

/** The commit whose state has to come back when nothing is missing. */
function expectedCommit({ checkpoints, log }: Left, { until }: Asked, used: number | undefined): number {
  const from = (checkpoints.find(({ id }) => id === used)?.walPosition ?? 0) / 2;
  return log ? Math.max(from, Math.min(log.lastLsn, until ?? Infinity) >> 1) : from;
}

function requireTruth(recovered: RecoveredState, { states }: Truth, commit: number, name: string): void {
  expect(textOf(stateOf(recovered)), name).toBe(textOf(states[commit] ?? new Map()));
  expect([recovered.walPosition, Number(recovered.sourceOffsets.get("s") ?? 0n), Number(recovered.watermark ?? 0n)], name).toEqual([2 * commit, commit, 10 * commit]);
}

describe("a plan and the recovery that follows it", () => {
  it("agree over generated surveys and logs, refuse with the code of the gap that is there, and otherwise give what really happened", async () => {
    const codes = new Map<string, number>();
    let states = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const random = seeded(seed);
      const truth = history(random);
      const left = leftOf(truth, random);
      const asked: Asked = { until: random() < 0.25 ? upTo(random, 2 * COMMITS + 2) : undefined, acceptMissingLog: random() < 0.2, mustExist: random() < 0.3 };
      const plan = await planFor(left, asked);
      const name = `seed ${seed}`;
      const recovered = await recover({ checkpoints: left.reader, wal: left.log, ...asked }).catch((error: unknown) => error as Error & { readonly code: string });
      if (recovered instanceof Error) {
        expect(recovered.code, name).toBe(plan.refusal?.code);
        expect(hasReason(recovered.code, left, asked), `${name}: ${recovered.message}`).toBe(true);
        expect(isWhole(left, asked), `${name}: ${recovered.message}`).toBe(false);
        codes.set(recovered.code, (codes.get(recovered.code) ?? 0) + 1);
        continue;
      }
      states++;
      expect(isShort(left), `${name}: a checkpoint saw more of the log than there is`).toBe(false);
      expect(plan.refusal, name).toBeUndefined();
      expect([recovered.checkpointId, recovered.report.checkpoint?.walPosition ?? 0], name).toEqual([plan.checkpoint?.id, plan.replayAfter]);
      expect(recovered.report.skippedCheckpoints.map(({ id, reason }) => [id, reason]), name).toEqual(plan.skipped.map(({ id, kind }) => [id, kind]));
      requireTruth(recovered, truth, expectedCommit(left, asked, recovered.checkpointId), name);
      expect(JSON.parse(JSON.stringify(recovered.report)), name).toEqual(withoutUndefined(recovered.report));
      expect(formatReport(recovered.report)).toMatch(/^[^\n]+\.$/);
    }
    console.log(`${SEEDS} seeds: ${states} states, ${[...codes].map(([code, count]) => `${count} ${code}`).join(", ")}`);
    expect([...codes.keys()].sort()).toEqual([
      "RECOVERY_LOG_ID_UNKNOWN", "RECOVERY_LOG_MISMATCH", "RECOVERY_LOG_MISSING", "RECOVERY_LOG_STARTS_LATER",
      "RECOVERY_NEWER_CHECKPOINT_DAMAGED", "RECOVERY_NOT_FOUND", "RECOVERY_NO_USABLE_CHECKPOINT", "RECOVERY_POSITION_BEYOND_LOG",
    ]);
    expect(Math.min(...codes.values())).toBeGreaterThan(3);
    expect(states).toBeGreaterThan(SEEDS / 4);
  }, 120_000);
});

/** Plain numbers, strings and booleans all the way down; what else there is fails here. */
function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (typeof value === "object" && value !== null) {
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    return Object.fromEntries(Object.entries(value).flatMap(([key, field]) => (field === undefined ? [] : [[key, withoutUndefined(field)]])));
  }
  expect(["string", "boolean"].includes(typeof value) || Number.isFinite(value), `${String(value)} in a report`).toBe(true);
  return value;
}
