import { cell, column, type Curve, type Row, type Setting } from "./curve.ts";
import { inChild } from "./in-child.ts";
import { checkpointsOf, logOf } from "./jobs/write-log.ts";
import { grouped, shown, times } from "./numbers.ts";
import { decades, growth, median, repeat, spread } from "./steps.ts";
import { putBytes } from "./work.ts";

/** The larger log is so many times as long as the smaller one, whose length is the longest tail and a bit. */
const larger = 8;
const longestTail = 1_000_000;
const shortestTail = 1000;

/** How long a recovery takes by what is after the checkpoint, and by what was before it. */
export const recoveryTail: Curve = {
  name: "recovery-tail",
  title: "Recovery after a checkpoint",
  columns: ["entries_after_checkpoint", "smaller_log_ms", "larger_log_ms", "smaller_log_bytes", "larger_log_bytes"],

  async measure(setting) {
    const most = Math.min(longestTail, Math.floor(setting.limits.bytes / putBytes / larger / 1.2));
    const tails = [...decades(Math.min(shortestTail, Math.ceil(most / 10)), most, [1, 3])].reverse();
    const entries = Math.ceil(most * 1.2);
    const smaller = await recoveries(setting, tails, entries);
    const longer = await recoveries(setting, tails, entries * larger);
    return tails
      .map((tail, index) => ({
        entries_after_checkpoint: tail,
        smaller_log_ms: smaller.milliseconds[index] ?? Number.NaN,
        larger_log_ms: longer.milliseconds[index] ?? Number.NaN,
        smaller_log_bytes: smaller.bytes,
        larger_log_bytes: longer.bytes,
      }))
      .reverse();
  },

  charts: (rows) => [
    {
      name: "recovery-tail",
      title: "Recovery, by what stands in the log after the checkpoint",
      x: { column: "entries_after_checkpoint", label: "changes in the log after the checkpoint", unit: "count", scale: "log" },
      y: { label: "recovery through a sink", unit: "ms", scale: "log" },
      lines: [
        { column: "smaller_log_ms", label: `of a log of ${shown(cell(rows[0], "smaller_log_bytes"), "bytes")}` },
        { column: "larger_log_ms", label: `of a log of ${shown(cell(rows[0], "larger_log_bytes"), "bytes")}` },
      ],
    },
  ],

  says: (rows) => [tailSays(rows)],
};

async function recoveries({ seed, limits, say, inDirectory }: Setting, tails: readonly number[], entries: number): Promise<{ readonly bytes: number; readonly milliseconds: readonly number[] }> {
  return inDirectory(async (directory) => {
    say(`a log of ${entries} changes`);
    const bytes = await inChild("writeCheckpointedLog", { directory, seed, entries, tails });
    const milliseconds: number[] = [];
    for (const tail of tails) milliseconds.push(await recovery(directory, tail, limits.rounds));
    return { bytes, milliseconds };
  });
}

async function recovery(directory: string, tail: number, rounds: number): Promise<number> {
  const found = await repeat(rounds, () => inChild("recoverStreaming", { walDir: logOf(directory), checkpointDir: checkpointsOf(directory, tail) }));
  const applied = found.find((one) => one.applied !== tail)?.applied;
  if (applied !== undefined) throw new TypeError(`${applied} changes recovered instead of ${tail}`);
  return median(found.map((one) => one.milliseconds));
}

function tailSays(rows: readonly Row[]): string {
  const tails = column(rows, "entries_after_checkpoint");
  const [short, long] = [column(rows, "smaller_log_ms"), column(rows, "larger_log_ms")];
  const apart = Math.max(...rows.map((row) => spread([cell(row, "smaller_log_ms"), cell(row, "larger_log_ms")])));
  const slope = (((long.at(-1) ?? 0) - (long[0] ?? 0)) * 1e6) / ((tails.at(-1) ?? 0) - (tails[0] ?? 0));
  return `From ${grouped(tails[0] ?? 0)} to ${grouped(tails.at(-1) ?? 0)} changes after the checkpoint (${times(growth(tails))} times as many) a recovery takes ${grouped(long[0] ?? 0)} to ${grouped(long.at(-1) ?? 0)} ms: a base that is always there, and ${grouped(slope)} ns for each change. A log that is ${larger} times as long (${grouped(short[0] ?? 0)} against ${grouped(long[0] ?? 0)} ms at the shortest tail) makes at most ${times(apart)} times of it.`;
}
