import { complain, LinePrinter, type OutputStream, type Streams } from "@laminar/disk/command-line";
import { createStateStore, type StateStore } from "@laminar/state-snapshot";
import { storeSink } from "../store-sink.ts";
import { formatReport } from "../recovered.ts";
import type { RecoverInvocation } from "./arguments.ts";
import { optionsInWords } from "./finding.ts";
import { NAME } from "./name.ts";
import { exitCodeOf, runRecovery } from "./run-recovery.ts";
import { stateLine, type ValueForm } from "./state-line.ts";

/** Prints the state, and before it on stderr what it is; resolves to the exit code. Prints no state unless the recovery succeeds. */
export async function recoverAndPrint({ asked, values }: RecoverInvocation, streams: Streams): Promise<number> {
  const store = createStateStore();
  const { report } = await runRecovery(asked, storeSink(store), streams);
  await complain(NAME, streams, optionsInWords(formatReport(report)));
  await printState(store, values, streams.stdout);
  return exitCodeOf(report);
}

async function printState(store: StateStore, values: ValueForm, stdout: OutputStream): Promise<void> {
  const lines = new LinePrinter(stdout);
  for (const [key, value] of store.entries()) {
    lines.add(stateLine(key, value, values));
    if (lines.full) await lines.flush();
  }
  await lines.flush();
}
