import { cell, column, type Curve, type Row } from "./curve.ts";
import { inChild } from "./in-child.ts";
import { grouped, shown } from "./numbers.ts";
import { median, powers } from "./steps.ts";
import { keyBytes } from "./work.ts";

const largest = 2 ** 20;
const bytesAtMost = 64 * 2 ** 20;
const entriesAtMost = 400_000;

/** What an append costs, by the length of its value. */
export const valueSizes: Curve = {
  name: "value-sizes",
  title: "Appending values of any length",
  columns: ["value_bytes", "laminar_ns_per_append", "by_hand_ns_per_append", "laminar_mb_per_s", "by_hand_mb_per_s"],

  async measure({ limits, seed, say, inDirectory }) {
    const total = Math.min(bytesAtMost, limits.bytes);
    const rows = [];
    for (const valueBytes of powers(16, Math.min(largest, total), 4)) {
      say(shown(valueBytes, "binary bytes"));
      const entries = Math.max(1, Math.min(entriesAtMost, Math.floor(total / (keyBytes + valueBytes))));
      const run = (log: "laminar" | "plain") => inDirectory((directory) => inChild("appendRate", { directory, seed, log, valueBytes, entries }));
      const [laminar, plain]: [number[], number[]] = [[], []];
      for (let round = 0; round < limits.rounds; round++) {
        laminar.push(await run("laminar"));
        plain.push(await run("plain"));
      }
      rows.push(rowOf(valueBytes, entries, median(laminar), median(plain)));
    }
    return rows;
  },

  charts: (rows) => {
    const x = { column: "value_bytes", label: "length of a value", unit: "binary bytes", scale: "log", ticks: column(rows, "value_bytes") } as const;
    return [
      {
        name: "value-sizes",
        title: "Cost of an append, by the length of its value",
        x,
        y: { label: "ns per append, one sync at the end", unit: "ns", scale: "log" },
        lines: [
          { column: "laminar_ns_per_append", label: "@laminar/wal" },
          { column: "by_hand_ns_per_append", label: "by hand, checksum per 64 KiB" },
        ],
      },
      {
        name: "value-sizes-throughput",
        title: "Bytes appended, by the length of a value",
        x,
        y: { label: "MB/s of keys and values", unit: "count", scale: "linear" },
        lines: [
          { column: "laminar_mb_per_s", label: "@laminar/wal" },
          { column: "by_hand_mb_per_s", label: "by hand, checksum per 64 KiB" },
        ],
      },
    ];
  },

  says: (rows) => {
    const [first, last] = [rows[0], rows.at(-1)];
    const fastest = Math.max(...column(rows, "laminar_mb_per_s"));
    const ratio = rows.map((row) => cell(row, "by_hand_ns_per_append") / cell(row, "laminar_ns_per_append"));
    return [
      `A put with a value of ${shown(cell(first, "value_bytes"), "binary bytes")} takes ${grouped(cell(first, "laminar_ns_per_append"))} ns, one with ${shown(cell(last, "value_bytes"), "binary bytes")} ${grouped(cell(last, "laminar_ns_per_append") / 1e6)} ms: ${Math.min(...ratio).toFixed(2)} to ${Math.max(...ratio).toFixed(2)} times the speed of the same by hand.`,
      `Short values are bound by the work for each entry, long ones by the disk and the checksum: at most ${grouped(fastest)} MB/s.`,
    ];
  },
};

function rowOf(valueBytes: number, entries: number, laminar: number, plain: number): Row {
  const megabytes = (entries * (keyBytes + valueBytes)) / 1e6;
  return {
    value_bytes: valueBytes,
    laminar_ns_per_append: (laminar * 1e6) / entries,
    by_hand_ns_per_append: (plain * 1e6) / entries,
    laminar_mb_per_s: megabytes / (laminar / 1000),
    by_hand_mb_per_s: megabytes / (plain / 1000),
  };
}
