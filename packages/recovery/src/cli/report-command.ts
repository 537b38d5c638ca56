import { jsonText, print, type Streams, visible } from "@laminar/disk/command-line";
import type { RecoveredState } from "../core/recovered-state.ts";
import type { RecoverySink } from "../core/recovery-sink.ts";
import { formatReport } from "../recovered.ts";
import type { LookInvocation } from "./arguments.ts";
import { optionsInWords } from "./finding.ts";
import { exitCodeOf, runRecovery } from "./run-recovery.ts";

/** Recovers and keeps nothing; prints the report and resolves to the exit code. */
export async function report({ asked, json }: LookInvocation, streams: Streams): Promise<number> {
  const recovered = await runRecovery(asked, nowhere, streams);
  await print(streams.stdout, json ? jsonText(asJson(recovered)) : `${visible(optionsInWords(formatReport(recovered.report)))}\n`);
  return exitCodeOf(recovered.report);
}

const nowhere: RecoverySink = {
  async restore(entries) {
    for await (const _ of entries);
  },
  apply: () => undefined,
};

/** The report's fields after those of the state; its usage describes them. */
function asJson({ epoch, walPosition, sourceOffsets, watermark, report: { checkpoint, log, ...rest } }: RecoveredState): object {
  return {
    walPosition,
    epoch,
    watermark: watermark?.toString() ?? null,
    sourceOffsets: Object.fromEntries([...sourceOffsets].map(([source, offset]) => [source, String(offset)])),
    checkpoint: checkpoint ?? null,
    log: log ?? null,
    ...rest,
  };
}
