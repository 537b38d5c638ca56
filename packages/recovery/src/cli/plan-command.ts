import { DAMAGED, FINE, jsonText, megabytes, NOT_READ, print, Progress, type Streams } from "@laminar/disk/command-line";
import { isCorruption } from "../core/recovery-error.ts";
import type { LookInvocation } from "./arguments.ts";
import { findPlan, type FoundPlan } from "./find-plan.ts";
import { sayWhatIsMissing } from "./finding.ts";
import { planAsJson, planAsText } from "./plan-layout.ts";

/** Prints what a recovery would do; resolves to the exit code. */
export async function plan({ asked, json }: LookInvocation, streams: Streams): Promise<number> {
  await sayWhatIsMissing(asked, streams);
  const progress = new Progress(streams);
  try {
    const found = await findPlan(asked, ({ bytes, ofBytes }) => progress.update(() => `verified ${megabytes(bytes)} of ${megabytes(ofBytes)} MB`));
    progress.clear();
    await print(streams.stdout, json ? jsonText(planAsJson(found, asked)) : planAsText(found, asked));
    return exitCodeOf(found);
  } finally {
    progress.clear();
  }
}

function exitCodeOf({ plan: { refusal, skipped }, log }: FoundPlan): number {
  if (refusal && !isCorruption(refusal)) return NOT_READ;
  const isLogDamaged = log?.end.kind === "damaged" || log?.damageAtStart !== undefined;
  return refusal || isLogDamaged || skipped.some(({ kind }) => kind === "damaged") ? DAMAGED : FINE;
}
