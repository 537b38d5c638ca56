import { alignRows, count, indent, visible } from "@laminar/disk/command-line";
import { type Finding, findingAsJson, findingInLines, verdictOf } from "./finding.ts";
import type { Examined } from "./survey.ts";

export interface VerifyReport {
  /** The one that was asked for; all were, without it. */
  readonly only: number | undefined;
  /** Newest first. */
  readonly checkpoints: readonly Examined[];
  readonly withdrawn: number;
  readonly statesRead: number;
  readonly bytesRead: number;
}

/** One thing that is wrong, and all checkpoints that can't be used because of it. */
interface Problem {
  readonly finding: Finding;
  readonly ids: readonly number[];
}

function problemsOf(checkpoints: readonly Examined[]): readonly Problem[] {
  const problems = new Map<string, { finding: Finding; ids: number[] }>();
  for (const { id, findings } of checkpoints) {
    for (const finding of findings) {
      const key = JSON.stringify([finding.code, finding.file, finding.expected]);
      const problem = problems.get(key) ?? { finding, ids: [] };
      problem.ids.push(id);
      problems.set(key, problem);
    }
  }
  return [...problems.values()];
}

const isWhole = ({ findings }: Examined): boolean => findings.length === 0;

export function reportAsText({ only, checkpoints, withdrawn, statesRead, bytesRead }: VerifyReport): string {
  const read = `${count(bytesRead, "byte")} in ${count(statesRead, "state")}`;
  const sections = [
    `${only === undefined ? summary(checkpoints) : summaryOfOne(only, checkpoints)}; ${read} read\n`,
    table(checkpoints),
    ...logsInWords(checkpoints),
    ...problemsOf(checkpoints).map(({ finding, ids }) => findingInLines(finding, ids)),
    ...(withdrawn > 0 ? [`${count(withdrawn, "checkpoint")} went while this ran, which is no damage: a manager removes old ones.\n`] : []),
  ];
  return sections.join("\n");
}

/** What matters in one line. */
function summary(checkpoints: readonly Examined[]): string {
  const verdicts = checkpoints.map(({ findings }) => verdictOf(findings));
  const number = (wanted: string): number => verdicts.filter((verdict) => verdict === wanted).length;
  const [damaged, unread, all] = [number("damaged"), number("not read"), count(checkpoints.length, "checkpoint")];
  const newest = checkpoints.find(isWhole);
  const best = newest ? `the newest whole one is ${newest.id}, at log position ${newest.metadata?.walPosition}` : "none is whole";
  if (damaged > 0) return `damaged: ${damaged} of ${all}${unread > 0 ? `, and ${unread} couldn't be read` : ""}; ${best}`;
  if (unread > 0) return `not read: ${unread} of ${all}; ${best}`;
  return `ok: ${all}; ${best}`;
}

function summaryOfOne(id: number, checkpoints: readonly Examined[]): string {
  const verdict = verdictOf(checkpoints.flatMap(({ findings }) => findings));
  return `${verdict === "whole" ? "ok" : verdict}: checkpoint ${id}`;
}

function table(checkpoints: readonly Examined[]): string {
  const head = ["checkpoint", "kind", "base", "parts", "position", "restores", "verdict"];
  const rows = checkpoints.map(({ id, metadata, findings }) => {
    const chain = metadata?.chain ?? [];
    const known = metadata && [metadata.kind, chain[0]?.id, chain.length, metadata.walPosition, restored(chain)].map(String);
    return [String(id), ...(known ?? ["-", "-", "-", "-", "-"]), verdictOf(findings)];
  });
  return alignRows([head, ...rows], new Set([0, 2, 3, 4, 5]));
}

/** Which log a checkpoint belongs to can't be judged from here, but no log is that of all where they name several. */
function logsInWords(checkpoints: readonly Examined[]): readonly string[] {
  const ids = new Map<string, number[]>();
  for (const { id, metadata } of checkpoints) if (metadata?.walId !== undefined) ids.set(metadata.walId, [...(ids.get(metadata.walId) ?? []), id]);
  if (ids.size < 2) return [];
  const rows = [...ids].map(([log, of]) => [visible(log), `checkpoint${of.length > 1 ? "s" : ""} ${of.join(", ")}`]);
  return [`They belong to ${ids.size} logs; a recovery refuses those that aren't of the log it is given\n${indent(alignRows(rows))}`];
}

const restored = (chain: readonly { readonly size: number }[]): number => chain.reduce((sum, { size }) => sum + size, 0);

export function reportAsJson({ only, checkpoints, withdrawn, statesRead, bytesRead }: VerifyReport): object {
  return {
    verdict: verdictOf(checkpoints.flatMap(({ findings }) => findings)),
    ...(only === undefined ? { newestWhole: checkpoints.find(isWhole)?.id ?? null } : {}),
    statesRead,
    bytesRead,
    withdrawn,
    checkpoints: checkpoints.map(({ id, metadata, findings }) => ({
      id,
      verdict: verdictOf(findings),
      kind: metadata?.kind ?? null,
      chain: metadata?.chain.map((part) => part.id) ?? null,
      walPosition: metadata?.walPosition ?? null,
      restores: metadata ? restored(metadata.chain) : null,
    })),
    problems: problemsOf(checkpoints).map(({ finding, ids }) => ({ ...findingAsJson(finding), checkpoints: ids })),
  };
}
