import Table from "cli-table3";
import type { Judgement } from "../goals/judge.ts";
import type { Result } from "../row.ts";
import { referenceNumbers } from "../rows/reference.ts";
import { medianOf } from "../statistics.ts";

/** Each goal: what was wanted, what was reached. */
export function goalTable({ verdicts, open }: Judgement): string {
  const table = new Table({ head: ["goal", "ours", "against", "wanted", "reached", "scaled", ""], colAligns: ["left", "left", "left", "right", "right", "right", "left"], style: { head: [], border: [], compact: true } });
  for (const { title, ours, rival, wanted, reached, scaled, isMet } of verdicts) table.push([title, ours, rival, wanted, reached, scaled, isMet ? "met" : "NOT met"]);
  const met = verdicts.filter(({ isMet }) => isMet).length;
  const parts = verdicts.length === 0 ? [] : [table.toString(), `${met} of ${verdicts.length} goals met`];
  return [...parts, ...open.map((reason) => `no verdict: ${reason}`)].join("\n");
}

/** How the published numbers were scaled. "" where the anchors weren't measured. */
export function scaleNote(results: readonly Result[]): string {
  const factors = results
    .filter(({ row, role }) => row === "anchor" && role !== "published")
    .map((result) => {
      const published = result.name === "lmdb" ? referenceNumbers.anchors.lmdb : referenceNumbers.anchors.floor;
      return `${result.name} ${((medianOf(result) ?? 0) / published).toFixed(2)}`;
    });
  if (!factors.some((factor) => factor.startsWith("lmdb"))) return "";
  return `Published numbers are another machine's. This one is, by what both were measured with, so many times as fast: ${factors.join(", ")}. "scaled" takes lmdb's number.`;
}
