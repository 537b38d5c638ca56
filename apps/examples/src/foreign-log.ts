import { readFile } from "node:fs/promises";
import { openCheckpointManager } from "@laminar/checkpoint";
import { applyRecovered, formatReport, isRecoveryError, recover } from "@laminar/recovery";
import { createStateStore } from "@laminar/state-snapshot";
import { ledgerReader, parseLedger } from "./ledger-reader.ts";

/*
 * A log that isn't ours: another program appends lines to a ledger (ledger-reader.ts), and we keep the balances. Every run takes
 * the newest checkpoint, reads on in the ledger from there, and makes the next checkpoint. A ledger that is not the one that the
 * checkpoint was made of, or lacks lines that are in it, is refused.
 */

async function balances(ledgerFile: string, checkpointDir: string): Promise<void> {
  const ledger = ledgerReader(parseLedger(ledgerFile, await readFile(ledgerFile, "utf8")));
  const found = await recover({ wal: ledger, checkpointDir });
  console.log(formatReport(found.report));

  const accounts = createStateStore();
  applyRecovered(found, accounts);
  for (const [account, balance] of accounts.entries()) console.log(`${Buffer.from(account).toString()} ${Buffer.from(balance).toString()}`);
  if (found.walPosition === found.report.checkpoint?.walPosition) return;

  const checkpoints = await openCheckpointManager({ directory: checkpointDir });
  const { walPosition, sourceOffsets } = found;
  const { id } = await checkpoints.create({ walPosition, walId: ledger.logId, sourceOffsets, state: accounts.snapshot() });
  console.log(`checkpoint ${id} holds the first ${sourceOffsets.get("lines")} lines`);
  await checkpoints.close();
}

const [ledgerFile, checkpointDir] = process.argv.slice(2);
try {
  if (ledgerFile === undefined || checkpointDir === undefined) throw new TypeError("foreign-log LEDGER CHECKPOINTS");
  await balances(ledgerFile, checkpointDir);
} catch (error) {
  if (!isRecoveryError(error) && !(error instanceof TypeError)) throw error;
  console.error(isRecoveryError(error) ? `${error.code}: ${error.message}` : error.message);
  process.exitCode = isRecoveryError(error) ? 1 : 2;
}
