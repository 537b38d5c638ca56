import { column, type Curve } from "./curve.ts";
import { inChild } from "./in-child.ts";
import { grouped, times } from "./numbers.ts";
import { decades, growth, spread } from "./steps.ts";

const least = 10_000;
const changes = 1000;

/** What a checkpoint costs by how much there is, while what changes stays the same. */
export const checkpointKeys: Curve = {
  name: "checkpoint-keys",
  title: "Checkpoints of a state that grows",
  columns: ["keys", "full_ms", "delta_ms", "changed_keys", "full_bytes", "delta_bytes"],

  async measure({ limits, seed, say, inDirectory }) {
    const rows = [];
    const first = Math.min(least, limits.keys);
    for (const keys of decades(first, limits.keys, [1, 3])) {
      say(`${keys} keys`);
      const changed = Math.min(changes, first);
      const { full, deltas } = await inDirectory((directory) => inChild("timeCheckpoints", { directory, seed, keys, changed: [changed], rounds: limits.rounds }));
      const [delta] = deltas;
      rows.push({ keys, full_ms: full.milliseconds, delta_ms: delta?.milliseconds ?? Number.NaN, changed_keys: changed, full_bytes: full.bytes, delta_bytes: delta?.bytes ?? Number.NaN });
    }
    return rows;
  },

  charts: (rows) => [
    {
      name: "checkpoint-keys",
      title: "A durable checkpoint, by the number of keys that exist",
      x: { column: "keys", label: "keys in the state", unit: "count", scale: "log" },
      y: { label: "until it is durable", unit: "ms", scale: "log" },
      lines: [
        { column: "full_ms", label: "full" },
        { column: "delta_ms", label: `delta of ${grouped(rows[0]?.["changed_keys"] ?? 0)} changed keys` },
      ],
    },
  ],

  says: (rows) => {
    const [keys, full, delta] = ["keys", "full_ms", "delta_ms"].map((name) => column(rows, name)) as [readonly number[], readonly number[], readonly number[]];
    return [
      `With ${times(growth(keys))} times the keys (${grouped(keys.at(-1) ?? 0)}) a full checkpoint takes ${times(growth(full))} times as long (${grouped(full.at(-1) ?? 0)} ms), and a delta of what changed between ${grouped(Math.min(...delta))} and ${grouped(Math.max(...delta))} ms (${times(spread(delta))} times).`,
    ];
  },
};
