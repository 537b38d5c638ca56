import type { CheckpointMetadata } from "@laminar/checkpoint";
import { describe, expect, it } from "vitest";
import { candidacy, hearWitnesses, type LogFacts, requireNoGap, requireNoLogNeeded, type Skipped } from "../src/core/index.ts";

/** A log of records 11 to 20, of which a fence took 14 and 15 out of use. */
const log: LogFacts = { logId: "A", startsAfter: 10, lastLsn: 20, counts: (lsn) => lsn !== 14 && lsn !== 15 };
const whole: LogFacts = { ...log, startsAfter: 0 };

function metadata(id: number, walPosition: number, walId: string | undefined = "A"): CheckpointMetadata {
  const part = { id, size: 0, checksum: 0 };
  return { id, epoch: 0, timestamp: 0, walPosition, walId, sourceOffsets: new Map(), sizeBytes: 0, kind: "full", isIncremental: false, chain: [part] };
}
const unnamed = (id: number, walPosition: number): CheckpointMetadata => ({ ...metadata(id, walPosition), walId: undefined });
const damaged = (known?: CheckpointMetadata): Skipped => ({ kind: "damaged", id: known?.id ?? 9, metadata: known, detail: "junk" });
const late = (known: CheckpointMetadata): Skipped => ({ kind: "after-until", id: known.id, metadata: known, detail: "late" });

function outcome(decide: () => unknown): unknown {
  try {
    decide();
    return "fine";
  } catch (error) {
    return error instanceof Error && "code" in error ? error.code : error;
  }
}

describe("what a log must have for a checkpoint", () => {
  it.each<[string, CheckpointMetadata | undefined, readonly Skipped[], LogFacts, string]>([
    ["nothing, and a whole log", undefined, [], whole, "fine"],
    ["nothing, and a log that lost its start", undefined, [], log, "RECOVERY_LOG_STARTS_LATER"],
    ["a position before the log's start", metadata(1, 9), [], log, "RECOVERY_LOG_STARTS_LATER"],
    ["a position where the log starts", metadata(1, 10), [], log, "fine"],
    ["a position where the log ends", metadata(1, 20), [], log, "fine"],
    ["a position after the log's end", metadata(1, 21), [], log, "RECOVERY_POSITION_BEYOND_LOG"],
    ["another log", metadata(1, 15, "B"), [], log, "RECOVERY_LOG_MISMATCH"],
    ["no log's name and a position", unnamed(1, 12), [], log, "RECOVERY_LOG_ID_UNKNOWN"],
    ["no log's name, position 0, a whole log", unnamed(1, 0), [], whole, "fine"],
    ["no log's name, position 0, a log that lost its start", unnamed(1, 0), [], log, "RECOVERY_LOG_STARTS_LATER"],
    ["nothing but metadata that are damaged, and a whole log", undefined, [damaged()], whole, "fine"],
    ["nothing but metadata that are damaged, and a log that lost its start", undefined, [damaged()], log, "RECOVERY_LOG_STARTS_LATER"],
    ["a newer one of this log that is damaged", metadata(1, 12), [damaged(metadata(2, 18))], log, "fine"],
    ["a newer one of another log that is damaged", metadata(1, 12), [damaged(metadata(2, 18, "B"))], log, "RECOVERY_LOG_MISMATCH"],
    ["a newer one of another log, too late", metadata(1, 12), [late(metadata(2, 18, "B"))], log, "RECOVERY_LOG_MISMATCH"],
    ["a newer one that names no log and is damaged", metadata(1, 12), [damaged(unnamed(2, 18))], log, "RECOVERY_LOG_ID_UNKNOWN"],
  ])("%s", (_, chosen, skipped, facts, expected) => {
    expect(outcome(() => requireNoGap(chosen, skipped, facts))).toBe(expected);
  });
});

describe("what there must be without a log", () => {
  it.each<[string, CheckpointMetadata | undefined, readonly Skipped[], string, string]>([
    ["nothing at all is a fresh start", undefined, [], "fine", "fine"],
    ["a checkpoint that names no log", unnamed(1, 5), [], "fine", "fine"],
    ["a checkpoint that names a log", metadata(1, 5), [], "RECOVERY_LOG_MISSING", "fine"],
    ["only a damaged one", undefined, [damaged()], "RECOVERY_NO_USABLE_CHECKPOINT", "RECOVERY_NO_USABLE_CHECKPOINT"],
    ["a damaged one that is newer", unnamed(1, 5), [damaged()], "RECOVERY_NEWER_CHECKPOINT_DAMAGED", "fine"],
    ["only one after the point asked for", undefined, [late(unnamed(2, 8))], "RECOVERY_LOG_MISSING", "RECOVERY_LOG_MISSING"],
    ["one before and one after the point asked for", unnamed(1, 5), [late(unnamed(2, 8))], "RECOVERY_LOG_MISSING", "fine"],
  ])("%s", (_, chosen, skipped, refused, accepted) => {
    expect(outcome(() => requireNoLogNeeded(chosen, skipped, false))).toBe(refused);
    expect(outcome(() => requireNoLogNeeded(chosen, skipped, true))).toBe(accepted);
  });
});

describe("which checkpoints are candidates", () => {
  const isDamage = (error: unknown): boolean => error instanceof RangeError;
  it.each<[string, CheckpointMetadata, Parameters<typeof candidacy>[2], string]>([
    ["at a position that counts", metadata(1, 13), undefined, "candidate"],
    ["at a position that a fence took out of use", metadata(1, 14), undefined, "abandoned"],
    ["of another log, whose fences say nothing of it", metadata(1, 14, "B"), undefined, "candidate"],
    ["of no named log, whose fences say nothing of it", unnamed(1, 14), undefined, "candidate"],
    ["at the point asked for", metadata(1, 13), 13, "candidate"],
    ["after the point asked for", metadata(1, 13), 12, "after-until"],
    ["at the watermark asked for", { ...metadata(1, 13), watermark: 7n }, { watermark: 7n }, "candidate"],
    ["above the watermark asked for", { ...metadata(1, 13), watermark: 8n }, { watermark: 7n }, "after-until"],
  ])("%s", (_, found, until, kind) => {
    expect(candidacy({ id: found.id, metadata: found }, log, until, isDamage).kind).toBe(kind);
  });

  it("one whose metadata are damaged is skipped; any other problem is thrown, because nobody knows what lies behind it", () => {
    expect(candidacy({ id: 3, problem: new RangeError("junk") }, log, undefined, isDamage)).toEqual({ kind: "damaged", id: 3, detail: "junk" });
    expect(() => candidacy({ id: 3, problem: new Error("EIO") }, log, undefined, isDamage)).toThrow("EIO");
  });

  it("every checkpoint of the log is a witness of how far it was, used or not", () => {
    const survey = (...found: CheckpointMetadata[]): Parameters<typeof hearWitnesses>[0] => ({ exists: true, ignored: [], checkpoints: found.map((m) => ({ id: m.id, metadata: m })) });
    expect(outcome(() => hearWitnesses(survey(metadata(2, 20), metadata(1, 11)), log))).toBe("fine");
    expect(outcome(() => hearWitnesses(survey(metadata(2, 12), metadata(1, 21)), log))).toBe("RECOVERY_POSITION_BEYOND_LOG");
    expect(outcome(() => hearWitnesses(survey(metadata(1, 21)), { ...log, counts: (lsn) => lsn !== 21 }))).toBe("fine");
  });
});
