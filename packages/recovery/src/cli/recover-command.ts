import { createStateStore, type StateStore } from "@laminar/state-snapshot";
import { storeSink } from "../store-sink.ts";
import { formatReport } from "../recovered.ts";
import type { RecoverInvocation } from "./arguments.ts";
import { optionsInWords } from "./finding.ts";
import { complain, printLines, type Streams } from "./output.ts";
import { exitCodeOf, runRecovery } from "./run-recovery.ts";
import { stateLine, type ValueForm } from "./state-line.ts";

/** Prints the state, and before it on stderr what it is; resolves to the exit code. Prints no state unless the recovery succeeds. */
export async function recoverAndPrint({ asked, values }: RecoverInvocation, streams: Streams): Promise<number> {
  const store = createStateStore();
  const { report } = await runRecovery(asked, storeSink(store), streams);
  await complain(streams, optionsInWords(formatReport(report)));
  await printLines(streams.stdout, linesOf(store, values));
  return exitCodeOf(report);
}

function* linesOf(store: StateStore, values: ValueForm): Generator<string, void, undefined> {
  for (const [key, value] of store.entries()) yield stateLine(key, value, values);
}
