import type { CheckpointMetadata } from "@laminar/checkpoint";
import { alignRows, count, indent, quote, visible } from "@laminar/disk/command-line";
import type { RecoveryError } from "../core/recovery-error.ts";
import type { Asked } from "./arguments.ts";
import type { FoundLog, FoundPlan } from "./find-plan.ts";
import { findingInWords, optionsInWords } from "./finding.ts";

/** Over several lines, what matters in the first. */
export function planAsText({ plan, ignoredNames, log }: FoundPlan, asked: Asked): string {
  const { checkpoint, replayAfter, skipped, refusal } = plan;
  const sections = [
    `${refusal ? `refused: ${visible(findingInWords(refusal))}` : stepsInWords(plan, log, asked)}\n`,
    alignRows([
      ["checkpoint", checkpoint ? checkpointInWords(checkpoint) : "none"],
      ["log", log ? logInWords(log) : "none"],
      ...(log?.damageAtStart ? [["log begins", `damaged: ${visible(optionsInWords(log.damageAtStart.message))}`]] : []),
      ...(log ? [["log ends", endInWords(log)]] : []),
      ...(log && !refusal ? [["replay", replayInWords(replayAfter, log, asked)]] : []),
    ]),
    section("Newer checkpoints that aren't used", skipped.map(({ id, kind, detail }) => [String(id), `${kind}: ${visible(detail)}`])),
    section("Names that look like checkpoints and are none", ignoredNames.map((name) => [quote(name)])),
  ];
  return sections.filter((text) => text !== false).join("\n");
}

function stepsInWords({ checkpoint, replayAfter }: FoundPlan["plan"], log: FoundLog | undefined, asked: Asked): string {
  if (!checkpoint && !log) return "fresh start: there is neither a checkpoint nor a log";
  const start = checkpoint ? `checkpoint ${checkpoint.id}` : "no checkpoint";
  if (!log) return `recoverable: ${start} alone; there is no log`;
  return `recoverable: ${start}, then of the log ${replayInWords(replayAfter, log, asked)}`;
}

function checkpointInWords({ id, kind, walPosition, chain }: CheckpointMetadata): string {
  const bytes = chain.reduce((sum, { size }) => sum + size, 0);
  return `${id}, ${kind}, at record ${walPosition}; ${count(bytes, "byte")} in ${count(chain.length, "part")}, which verify`;
}

function logInWords({ logId, startsAfter, lastLsn }: FoundLog): string {
  const held = lastLsn > startsAfter ? `holds what comes after record ${startsAfter}, up to ${lastLsn}` : `holds nothing after record ${startsAfter}`;
  return `${visible(logId)}; ${held}`;
}

function endInWords({ end: { kind, file, offset, bytes, damage } }: FoundLog): string {
  const place = file === undefined ? "before its first segment" : `at offset ${offset} of ${visible(file)}`;
  if (kind === "clean") return `clean, ${place}`;
  if (kind === "torn") return `torn, ${place}: ${count(bytes, "byte")} of a write that never finished or is under way, which count for nothing`;
  return `damaged, ${place}, where reading stops: ${visible(optionsInWords(damage?.message ?? ""))}`;
}

function replayInWords(replayAfter: number, log: FoundLog, { until, replay }: Asked): string {
  const last = lastToReplay(log, { until });
  if (last <= replayAfter) return "no record";
  const what = `${replay === "all" ? "all of " : ""}records ${replayAfter + 1} to ${last}`;
  return typeof until === "object" ? `${what}, up to before the first commit whose watermark is above ${until.watermark}` : what;
}

/** The last record that a recovery may read. */
function lastToReplay({ lastLsn }: FoundLog, { until }: Pick<Asked, "until">): number {
  return typeof until === "number" ? Math.min(until, lastLsn) : lastLsn;
}

function section(title: string, rows: readonly (readonly string[])[]): string | false {
  return rows.length > 0 && `${title}\n${indent(alignRows(rows))}`;
}

/** 64-bit numbers are decimal strings; what isn't known is `null`. */
export function planAsJson({ plan, ignoredNames, log }: FoundPlan, asked: Asked): object {
  const { checkpoint, replayAfter, skipped, refusal } = plan;
  return {
    verdict: refusal ? "refused" : checkpoint || log ? "recoverable" : "fresh start",
    checkpoint: checkpoint ? checkpointAsJson(checkpoint) : null,
    replayAfter,
    replayUpTo: log ? Math.max(replayAfter, lastToReplay(log, asked)) : null,
    log: log ? logAsJson(log) : null,
    skipped: skipped.map(({ id, kind, metadata, detail }) => ({ id, reason: kind, walPosition: metadata?.walPosition ?? null, detail })),
    ignoredNames,
    refusal: refusal ? refusalAsJson(refusal) : null,
  };
}

function checkpointAsJson({ id, kind, walPosition, walId, epoch, timestamp, watermark, sourceOffsets, keyCount, chain }: CheckpointMetadata): object {
  return {
    id,
    kind,
    walPosition,
    walId: walId ?? null,
    epoch,
    timestamp,
    watermark: watermark?.toString() ?? null,
    sourceOffsets: Object.fromEntries([...sourceOffsets].map(([source, offset]) => [source, String(offset)])),
    keyCount: keyCount ?? null,
    chain: chain.map((part) => part.id),
    bytes: chain.reduce((sum, { size }) => sum + size, 0),
  };
}

function logAsJson({ logId, startsAfter, lastLsn, damageAtStart, end: { kind, file, offset, bytes, damage } }: FoundLog): object {
  const end = { kind, file: file ?? null, offset, bytes, damage: damage?.message ?? null };
  return { logId, startsAfter, lastLsn, damageAtStart: damageAtStart?.message ?? null, end };
}

function refusalAsJson({ code, message, checkpointId, lsn, expected, actual }: RecoveryError): object {
  return { code, message, checkpointId: checkpointId ?? null, lsn: lsn ?? null, expected: expected ?? null, actual: actual ?? null };
}
