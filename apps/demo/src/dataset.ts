import { readFileSync } from "node:fs";

/** A data file of vega-datasets. Its `exports` open only its module, so the way to the data goes from there. */
export function readDataset(name: string): string {
  return readFileSync(new URL(`../data/${name}`, import.meta.resolve("vega-datasets")), "utf8");
}
