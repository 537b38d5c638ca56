import { chainVerifies, type ModelSurvey, nameOf, type ReadonlyTree, STATE, surveyTree } from "./model-directory.ts";
import { counts, type ModelLog, standing } from "./model-log.ts";
import type { ModelMetadata } from "./model-metadata.ts";
import type { Rules } from "./rules.ts";
import { decodePart, stateOf, textOf } from "./state-bytes.ts";

export type Refusal = "fenced" | "beyond" | "starts later";

export interface Recovered {
  readonly kind: "recovered";
  readonly loaded: number | undefined;
  readonly lsn: number;
  readonly offset: bigint;
  /** As `textOf` gives it. */
  readonly state: string;
  /** Keys that the log changed after the checkpoint. */
  readonly changed: readonly string[];
  /** Ids passed over, each with the reason. */
  readonly skipped: string;
}

export type Verdict = Recovered | { readonly kind: "refused"; readonly why: Refusal };

interface Choice {
  readonly metadata: ModelMetadata | undefined;
  readonly skipped: readonly string[];
}

/** What a recovery gives of a directory and a log, or why it refuses. */
export function recoverModel(tree: ReadonlyTree, log: ModelLog, rules: Rules, until: number = Number.POSITIVE_INFINITY): Verdict {
  const survey = surveyTree(tree);
  if (rules.witnessesHeard && [...survey.metadata.values()].some(({ walPosition }) => standing(log, walPosition) === "beyond")) return { kind: "refused", why: "beyond" };
  const { metadata, skipped } = choose(survey, log, rules, until);
  const position = metadata?.walPosition ?? 0;
  const where = standing(log, position);
  if (where !== "held") return { kind: "refused", why: where === "dropped" ? "starts later" : where };
  const chain = metadata?.chain.map(({ id }) => decodePart(tree.get(nameOf("checkpoint", id))?.get(STATE) ?? new Uint8Array(0))) ?? [];
  const state = chain.length === 0 ? new Map<string, string>() : stateOf(chain);
  const { lsn, changed } = replay(state, log, position, until, rules);
  return { kind: "recovered", loaded: metadata?.id, lsn, offset: lsn === position ? (metadata?.offset ?? 0n) : BigInt(lsn), state: textOf(state), changed, skipped: skipped.join() };
}

function choose(survey: ModelSurvey, log: ModelLog, rules: Rules, until: number): Choice {
  const skipped: string[] = [];
  for (const id of survey.ids) {
    const metadata = survey.metadata.get(id);
    if (!metadata) skipped.push(`${id} damaged`);
    else if (rules.untilBoundsTheChoice && metadata.walPosition > until) skipped.push(`${id} after-until`);
    else if (rules.abandonedSkipped && !counts(log, metadata.walPosition)) skipped.push(`${id} abandoned`);
    else if (!chainVerifies(metadata.chain, survey, rules) || !survey.whole.has(id)) skipped.push(`${id} damaged`);
    else return { metadata, skipped };
  }
  return { metadata: undefined, skipped };
}

function replay(state: Map<string, string>, log: ModelLog, after: number, until: number, rules: Rules): { readonly lsn: number; readonly changed: readonly string[] } {
  let [lsn, session] = [after, -1];
  let waiting: (readonly [string, string | null])[] = [];
  const changed = new Set<string>();
  for (const record of log.records) {
    if (record.lsn <= after) continue;
    if (record.lsn > until) break;
    if (rules.commitsOfOwnSession && record.session !== session) waiting = [];
    session = record.session;
    if (record.change) {
      waiting.push(record.change);
      continue;
    }
    for (const [key, value] of waiting) {
      changed.add(key);
      if (value === null) state.delete(key);
      else state.set(key, value);
    }
    waiting = [];
    lsn = record.lsn;
  }
  return { lsn, changed: [...changed] };
}
