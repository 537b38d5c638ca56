import type { Result } from "../row.ts";
import type { Settings } from "../settings.ts";
import { medianOf, timesAhead } from "../statistics.ts";
import { formatBytes } from "../table/format.ts";
import { scaleOf } from "./scale.ts";
import type { Goal, Limit, Rivals, Verdict } from "./goal.ts";

export interface Judgement {
  readonly verdicts: readonly Verdict[];
  /** Goals whose row was measured, and that say nothing here: no rival ran, or its numbers are of other work. */
  readonly open: readonly string[];
}

/** What came of every goal whose row was measured. Published numbers count as they are; scaled ones stand beside. */
export function judge(goals: readonly Goal[], results: readonly Result[], settings: Settings): Judgement {
  const verdicts: Verdict[] = [];
  const open: string[] = [];
  const scale = scaleOf(results);
  for (const goal of goals) {
    const own = results.filter(({ row }) => row === goal.row);
    const ours = own.find(({ name }) => name === goal.ours);
    if (ours === undefined || ours.samples.length === 0) continue;
    const { against } = goal;
    const verdict = "role" in against ? judgeRivals(goal, against, ours, own, scale) : judgeLimit(goal, against, ours, settings);
    if (typeof verdict === "string") open.push(`${ours.title}: ${verdict}`);
    else verdicts.push(verdict);
  }
  return { verdicts, open };
}

function judgeRivals(goal: Goal, { role, times }: Rivals, ours: Result, row: readonly Result[], scale: number | undefined): Verdict | string {
  const reached = (rival: Result): number => timesAhead(ours.unit, medianOf(ours) ?? 0, medianOf(rival) ?? 0);
  const [best] = row.filter((rival) => rival.role === role && rival.samples.length > 0).sort((a, b) => reached(a) - reached(b));
  if (best === undefined) return role === "published" ? "nothing is published of this work" : `no ${role} ran`;
  const ratio = reached(best);
  const scaled = role === "published" && scale !== undefined ? ratio / scale : undefined;
  return { goal, title: ours.title, ours: ours.name, rival: best.name, wanted: `≥ ${times} ×`, reached: `${ratio.toFixed(2)} ×`, scaled: scaled === undefined ? "" : `${scaled.toFixed(2)} ×`, isMet: ratio >= times };
}

function judgeLimit(goal: Goal, { metric, unit, most, why }: Limit, ours: Result, settings: Settings): Verdict | string {
  const limit = most(settings);
  if (limit === undefined) return `${why}: means nothing for this work`;
  const reached = medianOf(ours, metric);
  if (reached === undefined) return `${why}: not measured`;
  const shown = (number: number): string => (unit === "bytes" ? formatBytes(number) : `${number.toFixed(1)} ${unit}`);
  return { goal, title: ours.title, ours: ours.name, rival: why, wanted: `≤ ${shown(limit)}`, reached: shown(reached), scaled: "", isMet: reached <= limit };
}
