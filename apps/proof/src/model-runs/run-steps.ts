import { createSimulatedDisk, shrink } from "@laminar/disk/testing";
import { fixChance, restoreChance } from "../identities.ts";
import { ReferenceModel } from "../reference-model.ts";
import type { ModelStep } from "./steps.ts";
import type { OpenSubject } from "./subject.ts";

const PATIENCE_MS = 60_000;

/** What went wrong first, if anything did. */
export async function runSteps(open: OpenSubject, steps: readonly ModelStep[]): Promise<string | undefined> {
  let at = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hangs = new Promise<string>((resolve) => (timer = setTimeout(() => resolve(`step ${at} hangs`), PATIENCE_MS)));
  // What is chosen by chance doesn't matter here, but the same steps have to do the same again.
  fixChance(1);
  const run = async (): Promise<string | undefined> => {
    const disk = createSimulatedDisk();
    const subject = await open(disk, new ReferenceModel());
    for (const step of steps) {
      await subject.take(step);
      at++;
    }
    await subject.close();
    return disk.openFiles === 0 ? undefined : `${disk.openFiles} files are open at the end`;
  };
  const wrong = run().catch((error: unknown) => `step ${at}: ${error instanceof Error ? error.stack : String(error)}`);
  const first = await Promise.race([wrong, hangs]);
  clearTimeout(timer);
  restoreChance();
  return first;
}

const asText = (_: string, value: unknown): unknown => (typeof value === "bigint" ? String(value) : value instanceof Map ? Object.fromEntries(value) : value);

/** The fewest steps that still go wrong, and how. */
export async function shrunkSteps(open: OpenSubject, steps: readonly ModelStep[]): Promise<string> {
  const fewer = await shrink(steps, async (some) => (await runSteps(open, some)) !== undefined);
  return `${await runSteps(open, fewer)}\n${fewer.map((step, index) => `${index}: ${JSON.stringify(step, asText)}`).join("\n")}`;
}
