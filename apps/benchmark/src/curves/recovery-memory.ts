import { column, type Curve } from "./curve.ts";
import { inChild } from "./in-child.ts";
import { grouped, shown, times } from "./numbers.ts";
import { decades, growth, median, repeat } from "./steps.ts";
import { putBytes } from "./work.ts";

const least = 10_000_000;
/** What a recovery of the longest log may read: more shows nothing new and takes minutes. */
const most = 2_000_000_000;
const x = { column: "log_bytes", label: "size of the log, all of which is replayed", unit: "bytes", scale: "log" } as const;

/** How much memory and time a recovery takes that gives every change away at once. */
export const recoveryMemory: Curve = {
  name: "recovery-memory",
  title: "Streaming recovery of a whole log",
  columns: ["log_bytes", "peak_resident_bytes", "ns_per_change"],

  measure({ limits, seed, say, inDirectory }) {
    const largest = Math.min(most, limits.bytes);
    return inDirectory(async (directory) => {
      const rows = [];
      let from = 0;
      for (const size of decades(Math.min(least, largest), largest, [1, 2, 5])) {
        say(shown(size, "bytes"));
        const to = Math.ceil(size / putBytes);
        const bytes = await inChild("growLog", { directory, seed, from, to });
        from = to;
        const found = await repeat(limits.rounds, () => inChild("recoverStreaming", { walDir: directory }));
        if (found.some(({ applied }) => applied !== to)) throw new TypeError("changes are missing");
        const milliseconds = median(found.map((one) => one.milliseconds));
        rows.push({ log_bytes: bytes, peak_resident_bytes: median(found.map(({ peakBytes }) => peakBytes)), ns_per_change: (milliseconds * 1e6) / to });
      }
      return rows;
    });
  },

  charts: () => [
    {
      name: "recovery-memory",
      title: "Peak memory of a recovery that streams",
      x,
      y: { label: "peak resident memory of the process", unit: "bytes", scale: "linear" },
      lines: [{ column: "peak_resident_bytes", label: "a sink that keeps nothing" }],
    },
    {
      name: "recovery-time",
      title: "Time of a recovery that streams",
      x,
      y: { label: "ns per change", unit: "ns", scale: "linear" },
      lines: [{ column: "ns_per_change", label: "a sink that keeps nothing" }],
    },
  ],

  says: (rows) => {
    const sizes = column(rows, "log_bytes");
    const peaks = column(rows, "peak_resident_bytes");
    const each = column(rows, "ns_per_change");
    return [
      `While the log grows ${times(growth(sizes))}-fold, to ${shown(sizes.at(-1) ?? 0, "bytes")}, the peak goes from ${shown(peaks[0] ?? 0, "bytes")} to ${shown(peaks.at(-1) ?? 0, "bytes")} (at most ${shown(Math.max(...peaks), "bytes")}), Node.js itself included.`,
      `A change takes ${grouped(Math.max(...each))} ns at most and ${grouped(Math.min(...each))} at least; the start of a process weighs on the shortest log.`,
    ];
  },
};
