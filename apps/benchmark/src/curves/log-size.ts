import { column, type Curve, type Row } from "./curve.ts";
import { inChild } from "./in-child.ts";
import { grouped, shown, times } from "./numbers.ts";
import { decades, spread } from "./steps.ts";

const x = { column: "log_bytes", label: "size of the log", unit: "bytes", scale: "log" } as const;
const least = 10_000_000;

/** What an append costs while one log grows. */
export const logSize: Curve = {
  name: "log-size",
  title: "Appending to a log that grows",
  columns: ["log_bytes", "wall_ns_per_append", "cpu_ns_per_append", "resident_bytes"],

  measure({ limits, seed, inDirectory }) {
    const sizes = decades(Math.min(least, limits.bytes), limits.bytes, [1, 2, 5]);
    return inDirectory((directory) => inChild("appendGrowing", { directory, seed, sizes }));
  },

  charts: () => [
    {
      name: "log-size",
      title: "Cost of an append while the log grows",
      x,
      y: { label: "ns per append, over the stretch since the point before", unit: "ns", scale: "linear" },
      lines: [
        { column: "wall_ns_per_append", label: "by the clock, disk included" },
        { column: "cpu_ns_per_append", label: "processor time, kernel included" },
      ],
    },
    {
      name: "log-size-memory",
      title: "Memory of the process that appends",
      x,
      y: { label: "resident memory", unit: "bytes", scale: "linear" },
      lines: [{ column: "resident_bytes", label: "the whole process" }],
    },
  ],

  says: (rows) => [costSays(rows), memorySays(rows)],
};

function costSays(rows: readonly Row[]): string {
  const wall = column(rows, "wall_ns_per_append");
  const cpu = column(rows, "cpu_ns_per_append");
  return `While the log grows from ${range(rows)}, an append takes ${extremes(cpu)} ns of processor time (the dearest stretch is ${times(spread(cpu))} times the cheapest) and ${extremes(wall)} ns by the clock (${times(spread(wall))} times), which holds the disk's own moods.`;
}

function memorySays(rows: readonly Row[]): string {
  const bytes = column(rows, "resident_bytes");
  return `The process that appends holds ${shown(Math.min(...bytes), "bytes")} to ${shown(Math.max(...bytes), "bytes")}, however long its log is.`;
}

const range = (rows: readonly Row[]): string => {
  const sizes = column(rows, "log_bytes");
  return `${shown(Math.min(...sizes), "bytes")} to ${shown(Math.max(...sizes), "bytes")}`;
};

const extremes = (values: readonly number[]): string => `${grouped(Math.min(...values))} to ${grouped(Math.max(...values))}`;
