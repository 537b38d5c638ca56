import { writeFile } from "node:fs/promises";
import { goals } from "./goals/goals.ts";
import { judge } from "./goals/judge.ts";
import { withScaled } from "./goals/scale.ts";
import { endInOrder } from "./interruption.ts";
import { lookAtMachine, type Machine, placesOf } from "./machine.ts";
import type { Options } from "./options.ts";
import { findPeers } from "./peers/peers.ts";
import { rows } from "./rows/rows.ts";
import { runRounds } from "./run/run-rounds.ts";
import { formatBytes } from "./table/format.ts";
import { goalTable, scaleNote } from "./table/goal-table.ts";
import { resultTable } from "./table/result-table.ts";

/** Measures, and prints what came of it. Whether everybody did the work. */
export async function runBenchmark({ only, rounds, settings, json, directory }: Options): Promise<boolean> {
  endInOrder();
  const machine = await lookAtMachine(directory);
  const { peers, versions, missing } = await findPeers(settings);
  const chosen = rows.filter(({ name }) => only.length === 0 || only.includes(name));
  const remarks = machine.memoryDirectory === undefined ? [...missing, "No file system in memory was found: rows with free syncs ran on the disk, and mean nothing"] : missing;
  const started = performance.now();
  const progress = (line: string): void => void process.stderr.write(`${line}\n`);
  const results = await runRounds({ rows: chosen, peers, settings, rounds, places: placesOf(machine) }, progress);
  const judgement = judge(goals, results, settings);
  const note = scaleNote(results);
  const problems = results.flatMap(({ problem }) => (problem === undefined ? [] : [`FAILED: ${problem}`]));
  const { entries, keyBytes, valueBytes, commitMs } = settings;
  const parts = [
    `${describe(machine)}\n${versions.join("; ")}\n${entries} entries, keys of ${keyBytes} bytes, values of ${valueBytes}; committers work for ${commitMs} ms; medians of ${rounds} rounds; ${((performance.now() - started) / 1000).toFixed(0)} s`,
    ...remarks,
    resultTable(withScaled(results)),
    ...(judgement.verdicts.length + judgement.open.length > 0 ? [goalTable(judgement)] : []),
    ...(note === "" ? [] : [note]),
    ...problems,
  ];
  process.stdout.write(`${parts.join("\n")}\n`);
  if (json !== undefined) await writeFile(json, `${JSON.stringify({ machine, peers: versions, remarks, settings, rounds, results, verdicts: judgement.verdicts, open: judgement.open }, undefined, 2)}\n`);
  return problems.length === 0;
}

function describe({ runtime, processors, memoryBytes, directory, fileSystem }: Machine): string {
  return `${runtime}, ${processors}, ${formatBytes(memoryBytes)} of memory, ${directory} (${fileSystem})`;
}
