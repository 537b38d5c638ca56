import { column, type Curve } from "./curve.ts";
import { inChild } from "./in-child.ts";
import { grouped, times } from "./numbers.ts";
import { decades, growth } from "./steps.ts";

const keysAtMost = 1_000_000;

/** What a delta costs by how much changed, while what there is stays the same. */
export const checkpointChanges: Curve = {
  name: "checkpoint-changes",
  title: "Deltas of more and more changes",
  columns: ["changed_keys", "delta_ms", "full_ms", "delta_bytes", "keys"],

  async measure({ limits, seed, inDirectory }) {
    const keys = Math.min(keysAtMost, limits.keys);
    const changed = decades(Math.min(100, keys), keys, [1, 3]);
    const { full, deltas } = await inDirectory((directory) => inChild("timeCheckpoints", { directory, seed, keys, changed, rounds: limits.rounds }));
    return deltas.map(({ milliseconds, bytes }, index) => ({ changed_keys: changed[index] ?? Number.NaN, delta_ms: milliseconds, full_ms: full.milliseconds, delta_bytes: bytes, keys }));
  },

  charts: (rows) => [
    {
      name: "checkpoint-changes",
      title: `A durable delta, by what changed of ${grouped(rows[0]?.["keys"] ?? 0)} keys`,
      x: { column: "changed_keys", label: "keys that changed", unit: "count", scale: "log" },
      y: { label: "until it is durable", unit: "ms", scale: "log" },
      lines: [
        { column: "delta_ms", label: "delta" },
        { column: "full_ms", label: "full, for comparison" },
      ],
    },
  ],

  says: (rows) => {
    const [changed, delta, full] = ["changed_keys", "delta_ms", "full_ms"].map((name) => column(rows, name)) as [readonly number[], readonly number[], readonly number[]];
    return [
      `A delta of ${grouped(changed[0] ?? 0)} changed keys takes ${grouped(delta[0] ?? 0)} ms, which is the publishing itself, and one of ${times(growth(changed))} times as many ${grouped(delta.at(-1) ?? 0)} ms, where a full checkpoint takes ${grouped(full[0] ?? 0)} ms.`,
    ];
  },
};
