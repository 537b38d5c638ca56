import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { allCurves } from "./all-curves.ts";
import { formatCsv, parseCsv, type Recorded } from "./csv.ts";
import type { Curve, Setting } from "./curve.ts";
import { endInOrder } from "../interruption.ts";
import { runtime } from "../machine.ts";
import type { CurveOptions } from "./curve-options.ts";
import { type Drawn, growthPage } from "./growth-page.ts";
import { drawChart } from "./line-chart.ts";

/** Measures the curves that are asked for, and writes numbers, pictures and the page about all that have been measured. */
export async function runCurves(options: CurveOptions): Promise<void> {
  const { out, seed, only } = options;
  endInOrder();
  await mkdir(out, { recursive: true });
  process.stderr.write(`seed ${seed}\n`);
  for (const curve of allCurves.filter(({ name }) => only === undefined || name === only)) {
    const start = performance.now();
    process.stderr.write(`${curve.name}\n`);
    const rows = await curve.measure(settingOf(options));
    await record(out, curve, { circumstances: circumstancesOf(seed), rows });
    process.stdout.write(`${curve.name}, ${((performance.now() - start) / 1000).toFixed(0)} s\n${curve.says(rows).map((sentence) => `  ${sentence}\n`).join("")}`);
  }
  await writeFile(join(out, "growth.md"), growthPage(await recorded(out)));
}

function settingOf({ limits, seed, directory: parent }: CurveOptions): Setting {
  const inDirectory: Setting["inDirectory"] = async (action) => {
    const directory = await mkdtemp(join(parent, "laminar-curve-"));
    try {
      return await action(directory);
    } finally {
      await rm(directory, { recursive: true });
    }
  };
  return { limits, seed, inDirectory, say: (what) => void process.stderr.write(`  ${what}\n`) };
}

function circumstancesOf(seed: number): string {
  return `${runtime}, ${process.platform}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown"}, seed ${seed}`;
}

async function record(out: string, curve: Curve, measured: Recorded): Promise<void> {
  await writeFile(join(out, `${curve.name}.csv`), formatCsv(curve.columns, measured));
  for (const chart of curve.charts(measured.rows)) await writeFile(join(out, `${chart.name}.svg`), drawChart(chart, measured.rows));
}

/** What stands in the directory, by whichever run. */
async function recorded(out: string): Promise<readonly Drawn[]> {
  const drawn: Drawn[] = [];
  for (const curve of allCurves) {
    const content = await readFile(join(out, `${curve.name}.csv`), "utf8").catch(() => undefined);
    if (content !== undefined) drawn.push({ curve, ...parseCsv(curve.columns, content) });
  }
  return drawn;
}
