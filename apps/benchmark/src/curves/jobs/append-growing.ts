import { join } from "node:path";
import { openWal, type WalEntry, type WalEntryInput, type WriteAheadLog } from "@laminar/wal";
import type { Row } from "../curve.ts";
import { keyRing, putBytes } from "../work.ts";
import { putEntries, type Puts } from "./put-entries.ts";

export interface Growing {
  readonly directory: string;
  readonly seed: number;
  /** Bytes of the log, ascending: one row for each. */
  readonly sizes: readonly number[];
}

/** Appends to another log that come before, so that code is compiled. */
const warmUp = 200_000;

/** Appends to one log until it has each of the sizes, and says what an append of the stretch since the last one took. */
export async function appendGrowing({ directory, seed, sizes }: Growing): Promise<readonly Row[]> {
  const keyOf = keyRing(seed);
  const warm = await openWal(join(directory, "warm-up"));
  await putEntries(warm, { from: 0, to: warmUp, keyOf });
  await warm.close();
  // The ring of keys is young still: the first stretch would pay for moving it.
  for (let i = 0; i < 2; i++) globalThis.gc?.();
  const log = await openWal(join(directory, "log"));
  const rows: Row[] = [];
  let from = 0;
  for (const to of sizes.map((size) => Math.ceil(size / putBytes))) {
    rows.push(await stretch(log, { from, to, keyOf }));
    from = to;
  }
  await log.close();
  return rows;
}

async function stretch(log: WriteAheadLog<WalEntry, WalEntryInput>, puts: Puts): Promise<Row> {
  const appends = puts.to - puts.from;
  const cpu = process.cpuUsage();
  const start = performance.now();
  await putEntries(log, puts);
  const milliseconds = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  return {
    log_bytes: log.sizeBytes,
    wall_ns_per_append: (milliseconds * 1e6) / appends,
    cpu_ns_per_append: ((user + system) * 1000) / appends,
    resident_bytes: process.memoryUsage().rss,
  };
}
