import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { allCurves } from "../src/curves/all-curves.ts";
import { placeAxis } from "../src/curves/axis.ts";
import { formatCsv, parseCsv } from "../src/curves/csv.ts";
import type { Chart } from "../src/curves/curve.ts";
import { drawChart } from "../src/curves/line-chart.ts";
import { shown } from "../src/curves/numbers.ts";
import { decades } from "../src/curves/steps.ts";
import { keyMaker } from "../src/curves/work.ts";

const program = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const bench = (...args: readonly string[]) => spawnSync(process.execPath, [program, "--curves", ...args], { encoding: "utf8" });
const tiny = ["--max-bytes", "5000", "--max-keys", "300", "--max-segments", "12", "--max-committers", "4", "--rounds", "1", "--commit-ms", "5"];

it("measures every curve, also in tiny sizes, draws it, and leaves nothing else behind", { timeout: 300_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), "laminar-curves-test-"));
  try {
    const { status, stderr } = bench(...tiny, "--seed", "7", "--out", join(directory, "out"), "--dir", directory);
    expect([status, stderr.split("\n")[0]]).toEqual([0, "seed 7"]);
    expect(readdirSync(directory)).toEqual(["out"]);
    const read = (file: string): string => readFileSync(join(directory, "out", file), "utf8");
    const page = read("growth.md");
    for (const curve of allCurves) {
      const { rows, circumstances } = parseCsv(curve.columns, read(`${curve.name}.csv`));
      expect(circumstances).toContain("seed 7");
      expect(rows.length).toBeGreaterThan(0);
      expect(page).toContain(`](${curve.name}.csv)`);
      for (const { name, lines } of curve.charts(rows)) {
        expect(page).toContain(`](${name}.svg)`);
        expect(read(`${name}.svg`).match(/<circle/g)).toHaveLength(lines.length * (rows.length + 1));
      }
      for (const sentence of curve.says(rows)) expect(page).toContain(sentence);
    }
    expect(page).not.toMatch(/NaN|undefined/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

it("says which curves there are to one that it doesn't know", () => {
  const { status, stderr } = bench("--only", "sideways");
  expect([status, stderr.split("\n")[0]]).toEqual([2, `there is no curve "sideways", but ${allCurves.map(({ name }) => name).join(", ")}`]);
});

it("places values on a linear axis from 0 to a round number", () => {
  const axis = placeAxis({ label: "", unit: "ns", scale: "linear" }, [130, 870]);
  expect(axis.ticks).toEqual([0, 250, 500, 750, 1000]);
  expect([0, 250, 870, 1000].map(axis.place)).toEqual([0, 0.25, 0.87, 1]);
});

it("places values on a logarithmic axis between round numbers", () => {
  const wide = placeAxis({ label: "", unit: "count", scale: "log" }, [10_000, 3_000_000]);
  expect(wide.ticks).toEqual([10_000, 100_000, 1_000_000, 10_000_000]);
  expect(wide.place(100_000)).toBeCloseTo(1 / 3);
  const narrow = placeAxis({ label: "", unit: "ms", scale: "log" }, [26, 45]);
  expect(narrow.ticks).toEqual([20, 50]);
});

it("draws a point of each line where its numbers are", () => {
  const chart: Chart = {
    name: "two",
    title: "A < B & C",
    x: { column: "x", label: "x", unit: "count", scale: "linear" },
    y: { label: "y", unit: "count", scale: "linear" },
    lines: [
      { column: "a", label: "first" },
      { column: "b", label: "second" },
    ],
  };
  const drawn = drawChart(chart, [{ x: 0, a: 0, b: 4 }, { x: 4, a: 4, b: 0 }]);
  expect(drawn).toContain('<polyline class="line0" points="86.0,362.0 720.0,82.0"/>');
  expect(drawn).toContain('<polyline class="line1" points="86.0,82.0 720.0,362.0"/>');
  expect(drawn).toContain("<title>A &lt; B &amp; C</title>");
});

it("gives back the numbers of a CSV, and refuses one of other columns", () => {
  const recorded = { circumstances: "seed 1", rows: [{ a: 1, b: 0.25 }, { a: 2e9, b: 3 }] };
  const content = formatCsv(["a", "b"], recorded);
  expect(content).toBe("# seed 1\na,b\n1,0.25\n2000000000,3\n");
  expect(parseCsv(["a", "b"], content)).toEqual(recorded);
  expect(() => parseCsv(["a", "c"], content)).toThrow(/other columns/);
  expect(() => parseCsv(["a", "b"], "# seed 1\na,b\n1,x\n")).toThrow(/no row of numbers/);
});

it("writes numbers as people read them", () => {
  expect([shown(0, "ns"), shown(1500, "ns"), shown(2_500_000, "ns"), shown(1024, "binary bytes"), shown(2 ** 20, "binary bytes")]).toEqual(["0 ns", "1.5 µs", "2.5 ms", "1 KiB", "1 MiB"]);
  expect([shown(10_000_000, "bytes"), shown(3_000_000, "count"), shown(1024, "each"), shown(0.25, "s")]).toEqual(["10 MB", "3 M", "1,024", "0.25 s"]);
});

it("goes in round steps up to the last number", () => {
  expect(decades(10, 300, [1, 3])).toEqual([10, 30, 100, 300]);
  expect(decades(10, 250, [1, 2, 5])).toEqual([10, 20, 50, 100, 200, 250]);
});

it("makes another key for each number, and other keys for another seed", () => {
  const count = 100_000;
  const seen = (seed: number): Set<string> => {
    const keyOf = keyMaker(seed);
    return new Set(Array.from({ length: count }, (_, number) => Buffer.from(keyOf(number)).toString("latin1")));
  };
  const [first, second] = [seen(1), seen(2)];
  expect([first.size, second.size]).toEqual([count, count]);
  expect(Buffer.from(keyMaker(1)(5))).not.toEqual(Buffer.from(keyMaker(2)(5)));
});
