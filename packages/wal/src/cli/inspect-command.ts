import { alignRows, count, DAMAGED, FINE, print, type Streams } from "@laminar/disk/command-line";
import { inspectWal } from "../inspect-wal.ts";
import type { InspectedSegment, NotCounting, WalInspection } from "../inspection.ts";
import { endInWords } from "./layout.ts";
import { damageInWords } from "./verify-command.ts";

/** Prints what stands in the directory; resolves to the exit code. */
export async function inspect({ directory, json }: { readonly directory: string; readonly json: boolean }, { stdout }: Streams): Promise<number> {
  const inspection = await inspectWal(directory);
  await print(stdout, json ? `${JSON.stringify(inspection, undefined, 2)}\n` : asText(inspection));
  return inspection.damages.length === 0 ? FINE : DAMAGED;
}

function asText(inspection: WalInspection): string {
  const { gaps, notCounting, leftovers, others, damages } = inspection;
  const sections = [
    alignRows(summary(inspection)),
    inspection.segments.length > 0 && segmentTable(inspection.segments),
    section("Numbers that don't count", gaps.map(({ file, firstLsn, lastLsn }) => `${range(firstLsn, lastLsn)}, skipped by ${file}: a fence took them out of use, or they were given up behind damage`)),
    section("Files of which nothing counts", notCounting.map(({ file, bytes, why }) => `${file}  ${bytes} bytes, ${why}: ${REASONS[why]}`)),
    section("Leftovers, which nobody reads", leftovers.map((name) => `${name}  ${name.endsWith(".tmp") ? "a segment that was never published" : "a damaged segment that was set aside"}`)),
    section("Other files, which aren't the log's", others.map((name) => JSON.stringify(name))),
    damages.length > 0 && `Damage that names and headers show; verify reads everything\n\n${damages.map(damageInWords).join("\n")}`,
  ];
  return sections.filter((text) => text !== false).join("\n");
}

const REASONS: Readonly<Record<NotCounting["why"], string>> = {
  dropped: "all it holds is below the oldest record that is kept",
  superseded: "later segments state again, or took out of use, all it held",
  unreadable: "its header doesn't verify, or is of another segment or log",
};

const range = (first: number, last: number): string => (first === last ? `record ${first}` : `records ${first} to ${last}`);

function section(title: string, lines: readonly string[]): string | false {
  return lines.length > 0 && `${title}\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

function summary(inspection: WalInspection): readonly (readonly string[])[] {
  const { logId, formatVersion, entries, startsAfter, firstLsn, lastLsn, provenLsn, end, heads, lockOwners } = inspection;
  const { segments, batches, records, bytes } = inspection;
  const kind = entries === "codec" ? "bytes of a codec" : "the four standard ones";
  return [
    ["log", logId === undefined ? "no segment header can be read" : `${logId}, format version ${formatVersion}`],
    ...(entries ? [["entries", kind]] : []),
    ["records", firstLsn > lastLsn ? `none held; the last was ${lastLsn}` : `${firstLsn} to ${lastLsn}`],
    ["starts after", String(startsAfter)],
    ["durable", `proven up to ${provenLsn}`],
    ...(end ? [["end", endInWords(end)]] : []),
    ["newest head", heads.at(-1) ?? "none"],
    ["lock", lockOwners.length === 0 ? "free" : `${lockOwners.map(ownerInWords).join(", ")}; whether it runs isn't judged`],
    ["total", [count(records, "record"), count(batches, "batch", "batches"), count(segments.length, "segment"), count(bytes, "byte")].join(", ")],
  ];
}

/** A lock's entry is named `v1+where+space+pid+tid+start+nonce+host`. */
function ownerInWords(identity: string): string {
  const owner = /^v1\+\w+\+\w+\+(\d+)\+(\d+)\+\d+\+\w+\+(.+)$/.exec(identity);
  return `entry of ${owner ? `process ${owner[1]}, thread ${owner[2]}, on ${owner[3]}` : JSON.stringify(identity)}`;
}

function segmentTable(segments: readonly InspectedSegment[]): string {
  const head = ["segment", "first", "last", "records", "batches", "bytes", "used", "continues after", "base", "oldest", "sessions"];
  const rows = segments.map(({ file, firstLsn, lastLsn, records, batches, bytes, usedBytes, continuesAfter, baseLsn, oldestLsn, sessions }) => [
    file,
    ...[firstLsn ?? "-", lastLsn ?? "-", records, batches, bytes, usedBytes, continuesAfter, baseLsn, oldestLsn].map(String),
    sessionsInWords(sessions),
  ]);
  return alignRows([head, ...rows], new Set([1, 2, 3, 4, 5, 6, 7, 8, 9]));
}

const SESSIONS_SHOWN = 8;

function sessionsInWords(sessions: readonly number[]): string {
  const shown = sessions.slice(0, SESSIONS_SHOWN).join(", ");
  return sessions.length > SESSIONS_SHOWN ? `${shown} and ${sessions.length - SESSIONS_SHOWN} more` : shown;
}
