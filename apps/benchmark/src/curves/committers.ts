import { cell, type Curve } from "./curve.ts";
import { inChild } from "./in-child.ts";
import { grouped, times } from "./numbers.ts";
import { median, powers } from "./steps.ts";

/** How many commits a second there are, by how many wait at once. */
export const committers: Curve = {
  name: "committers",
  title: "Commits by the number of committers",
  columns: ["committers", "laminar_commits_per_s", "by_hand_commits_per_s"],

  async measure({ limits, seed, say, inDirectory }) {
    const rows = [];
    for (const count of powers(1, limits.committers, 4)) {
      say(`${count} committers`);
      const rate = (log: "laminar" | "plain") =>
        inDirectory((directory) => inChild("commitRate", { directory, seed, log, committers: count, milliseconds: limits.milliseconds }));
      const [laminar, plain]: [number[], number[]] = [[], []];
      for (let round = 0; round < limits.rounds; round++) {
        laminar.push(await rate("laminar"));
        plain.push(await rate("plain"));
      }
      rows.push({ committers: count, laminar_commits_per_s: median(laminar), by_hand_commits_per_s: median(plain) });
    }
    return rows;
  },

  charts: (rows) => [
    {
      name: "committers",
      title: "Durable commits a second, by the number of committers",
      x: { column: "committers", label: "callers that each wait for their own commit", unit: "each", scale: "log", ticks: rows.map((row) => cell(row, "committers")) },
      y: { label: "commits/s", unit: "count", scale: "log" },
      lines: [
        { column: "laminar_commits_per_s", label: "@laminar/wal" },
        { column: "by_hand_commits_per_s", label: "by hand, group commit" },
      ],
    },
  ],

  says: (rows) => {
    const [first, last] = [rows[0], rows.at(-1)];
    const gain = cell(last, "laminar_commits_per_s") / cell(first, "laminar_commits_per_s");
    const ratio = rows.map((row) => cell(row, "laminar_commits_per_s") / cell(row, "by_hand_commits_per_s"));
    return [
      `One committer has ${grouped(cell(first, "laminar_commits_per_s"))} commits a second, which is what the disk gives; ${cell(last, "committers")} share its syncs and have ${times(gain)} times as many, ${grouped(cell(last, "laminar_commits_per_s"))}. Beside the same written by hand that is ${Math.min(...ratio).toFixed(2)} to ${Math.max(...ratio).toFixed(2)} times.`,
    ];
  },
};
