import { alignRows, complain, count, DAMAGED, FINE, NOT_READ, print, type Streams } from "@laminar/disk/command-line";
import type { WalDamage } from "../confirm-damage.ts";
import { verifyWal, type WalReport } from "../verify-wal.ts";
import { endInWords, optionsInWords } from "./layout.ts";
import { NAME } from "./name.ts";

/** Prints the verdict; resolves to the exit code. */
export async function verify({ directory, json }: { readonly directory: string; readonly json: boolean }, streams: Streams): Promise<number> {
  const report = await verifyWal(directory);
  if (report.verdict === "missing") {
    await complain(NAME, streams, `there is no log in ${directory}; give the directory that holds the .wal files`);
    return NOT_READ;
  }
  await print(streams.stdout, json ? `${JSON.stringify(asJson(report), undefined, 2)}\n` : asText(report));
  return report.verdict === "ok" ? FINE : DAMAGED;
}

/** Without the error objects, whose fields stand in `damages`. */
function asJson(report: WalReport): object {
  const { end } = report;
  return { ...report, damage: undefined, end: end && { kind: end.kind, file: end.file, offset: end.offset, bytes: end.bytes } };
}

function asText({ verdict, records, batches, segments, lastLsn, provenLsn, end, damages }: WalReport): string {
  const proven = `proven durable up to ${provenLsn}`;
  if (verdict === "ok" && end) {
    const read = `${count(records, "record")} in ${count(batches, "batch", "batches")} of ${count(segments, "segment")}`;
    return `ok: ${read} verify, the last is ${lastLsn}; ${proven}; ${endInWords(end)}\n`;
  }
  const held = records === 0 ? "no record can be read in order" : `${count(records, "record")} can be read in order, the last is ${lastLsn}`;
  return [
    `damaged: ${count(damages.length, "place")}; ${held}; ${proven}\n`,
    ...damages.map(damageInWords),
    "Segments that aren't named verify on their own. `dump --on-damage stop` prints what can be read in order, `dump --salvage`",
    "also what verifies behind the damage.\n",
  ].join("\n");
}

/** One place of damage over several lines. */
export function damageInWords({ code, message, file, offset, lsn, expected, actual }: WalDamage): string {
  const fields = { file, offset, record: lsn, expected, found: actual };
  const rows = Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[`  ${name}`, String(value)]]));
  return `${code}\n${alignRows(rows)}  ${optionsInWords(message)}\n`;
}
