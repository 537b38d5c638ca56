import { chainVerifies, type ModelSurvey } from "./model-directory.ts";
import { type ModelLog, standing } from "./model-log.ts";
import type { ModelMetadata } from "./model-metadata.ts";
import type { Rules } from "./rules.ts";

export interface ModelPlan {
  /** What stays, newest first. */
  readonly kept: readonly ModelMetadata[];
  /** Ids that a kept checkpoint needs. */
  readonly needed: ReadonlySet<number>;
  /** Ascending. */
  readonly remove: readonly number[];
  /** The log is needed above it; 0 when nothing may go. */
  readonly floor: number;
}

export const baseOf = ({ id, chain }: ModelMetadata): number => chain[0]?.id ?? id;

/** Whether the log can be replayed from its position. */
export const belongs = (log: ModelLog, { walPosition }: ModelMetadata): boolean => standing(log, walPosition) === "held";

/** The checkpoints that verify, with all that they need, and that the log still counts; newest first. */
export function usableIn(survey: ModelSurvey, log: ModelLog, rules: Rules): readonly ModelMetadata[] {
  const verifying = survey.ids.flatMap((id) => survey.whole.get(id) ?? []).filter(({ chain }) => chainVerifies(chain, survey, rules));
  return verifying.filter((metadata) => belongs(log, metadata));
}

/** What stays when `keep` chains do; `firstOwnId` as the manager that asks has it. */
export function planModel(survey: ModelSurvey, log: ModelLog, keep: number, rules: Rules, firstOwnId = 0): ModelPlan {
  const counted = usableIn(survey, rules.retentionCountsUsable ? log : { ...log, fences: [] }, rules);
  const kept = keptOf(counted, keep, rules);
  const needed = new Set(kept.flatMap(({ chain }) => chain.map(({ id }) => id)));
  const damaged = survey.ids.filter((id) => !survey.whole.has(id));
  const isAnyDamaged = damaged.length > 0 || [...survey.whole.values()].some(({ chain }) => !chainVerifies(chain, survey, rules));
  const isCertain = kept.some(({ id }) => id >= firstOwnId) || (!rules.ownKeptFirst && kept.length > 0);
  const stops = !isCertain || (isAnyDamaged && !rules.damageStopsNothing);
  const oldestNeeded = Math.min(...needed);
  const spare = [...survey.whole.keys()].filter((id) => !needed.has(id));
  const remove = stops ? [] : [...spare, ...damaged.filter((id) => id < oldestNeeded)].sort((a, b) => a - b);
  return { kept, needed, remove, floor: isCertain ? floorOf(kept, rules) : 0 };
}

function keptOf(counted: readonly ModelMetadata[], keep: number, rules: Rules): readonly ModelMetadata[] {
  if (!rules.retentionByChains) return counted.slice(0, keep);
  const bases = [...new Set(counted.map(baseOf))].sort((a, b) => b - a).slice(0, keep);
  return counted.filter((metadata) => bases.includes(baseOf(metadata)));
}

/** Above it the log has what is needed to go on from any one kept chain's newest checkpoint. */
function floorOf(kept: readonly ModelMetadata[], rules: Rules): number {
  const positions = new Map<number, number>();
  for (const metadata of kept) positions.set(baseOf(metadata), Math.max(metadata.walPosition, positions.get(baseOf(metadata)) ?? 0));
  if (positions.size === 0) return 0;
  return rules.floorForEveryChain ? Math.min(...positions.values()) : Math.max(...positions.values());
}
