import { join } from "node:path";
import { column, type Curve } from "./curve.ts";
import { inChild } from "./in-child.ts";
import { grouped, shown } from "./numbers.ts";
import { decades, median, repeat } from "./steps.ts";

const least = 10_000;
const x = { column: "keys", label: "keys in the state", unit: "count", scale: "log" } as const;

/** How long it takes until a state can be asked, from its log and from its checkpoint. */
export const stateRecovery: Curve = {
  name: "state-recovery",
  title: "Recovery into a state that can be asked",
  columns: ["keys", "replay_s_per_million", "load_s_per_million", "replay_peak_bytes", "load_peak_bytes"],

  async measure({ limits, seed, say, inDirectory }) {
    const rows = [];
    for (const keys of decades(Math.min(least, limits.keys), limits.keys, [1, 3])) {
      say(`${keys} keys`);
      rows.push(
        await inDirectory(async (directory) => {
          await inChild("growLog", { directory: join(directory, "log"), seed, from: 0, to: keys, distinct: true });
          const opened = async (): Promise<{ readonly seconds: number; readonly peak: number }> => {
            const found = await repeat(limits.rounds, () => inChild("openState", { directory }));
            if (found.some((one) => one.keys !== keys)) throw new TypeError("keys are missing");
            return { seconds: median(found.map(({ milliseconds }) => milliseconds)) / 1000, peak: median(found.map(({ peakBytes }) => peakBytes)) };
          };
          const replayed = await opened();
          await inChild("saveState", { directory });
          const loaded = await opened();
          const millions = keys / 1e6;
          return { keys, replay_s_per_million: replayed.seconds / millions, load_s_per_million: loaded.seconds / millions, replay_peak_bytes: replayed.peak, load_peak_bytes: loaded.peak };
        }),
      );
    }
    return rows;
  },

  charts: () => [
    {
      name: "state-recovery",
      title: "Opening a durable state, by the number of its keys",
      x,
      y: { label: "seconds per million keys", unit: "s", scale: "log" },
      lines: [
        { column: "replay_s_per_million", label: "replayed from the log" },
        { column: "load_s_per_million", label: "loaded from a checkpoint" },
      ],
    },
    {
      name: "state-recovery-memory",
      title: "Peak memory while a durable state is opened",
      x,
      y: { label: "peak resident memory of the process", unit: "bytes", scale: "log" },
      lines: [
        { column: "replay_peak_bytes", label: "replayed from the log" },
        { column: "load_peak_bytes", label: "loaded from a checkpoint" },
      ],
    },
  ],

  says: (rows) => {
    const [replay, load] = [column(rows, "replay_s_per_million"), column(rows, "load_s_per_million")];
    const keys = grouped(column(rows, "keys").at(-1) ?? 0);
    const peaks = ["replay_peak_bytes", "load_peak_bytes"].map((name) => shown(column(rows, name).at(-1) ?? 0, "bytes"));
    return [
      `At ${keys} keys a million of them is ready after ${grouped(replay.at(-1) ?? 0)} s from the log and ${grouped(load.at(-1) ?? 0)} s from a checkpoint. Small states pay the opening itself (locks, listings, the start of compiled code), which a large one doesn't notice.`,
      `The peak at ${keys} keys is ${peaks[0]} from the log and ${peaks[1]} from a checkpoint.`,
    ];
  },
};
