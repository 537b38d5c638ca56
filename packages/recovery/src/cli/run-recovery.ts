import { DAMAGED, FINE, Progress, type Streams } from "@laminar/disk/command-line";
import type { RecoveredState } from "../core/recovered-state.ts";
import type { RecoveryReport } from "../core/recovery-report.ts";
import type { RecoverySink } from "../core/recovery-sink.ts";
import { recover } from "../recover.ts";
import type { Asked } from "./arguments.ts";
import { sayWhatIsMissing } from "./finding.ts";

/** Recovers into `sink`; on a terminal it shows how far it is. */
export async function runRecovery(asked: Asked, sink: RecoverySink, streams: Streams): Promise<RecoveredState> {
  await sayWhatIsMissing(asked, streams);
  const progress = new Progress(streams);
  try {
    return await recover({
      ...asked,
      apply: sink,
      onProgress: ({ phase, entries }) => progress.update(() => (phase === "checkpoint" ? `${entries} keys of the checkpoint` : `${entries} entries of the log`)),
    });
  } finally {
    progress.clear();
  }
}

/** Damage counts though the recovery went on without what is damaged. */
export function exitCodeOf({ skippedCheckpoints, log }: RecoveryReport): number {
  const isLogDamaged = log?.end.kind === "damaged" || log?.damageAtStart !== undefined;
  return isLogDamaged || skippedCheckpoints.some(({ reason }) => reason === "damaged") ? DAMAGED : FINE;
}
