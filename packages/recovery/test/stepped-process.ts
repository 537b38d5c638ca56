import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Operation } from "@laminar/disk/testing";
import type { Workload } from "./programs/power-cut-workloads.mjs";

const PROGRAM = fileURLToPath(new URL("programs/step-by-step.mjs", import.meta.url));

/** What a stepped process is about to do; `"end"` when it has done all. */
export type Step = Omit<Operation, "index" | "kind"> & { readonly kind: Operation["kind"] | "end" };

/**
 * Runs a workload below `root` in a process of its own, which stands still before each operation that changes or syncs something
 * until `pause` has settled. It is gone when this settles, whatever happened.
 */
export async function runStepByStep(root: string, workload: Workload, seed: number, pause: (step: Step, number: number) => Promise<void>): Promise<void> {
  const child = spawn(process.execPath, [PROGRAM, root, workload, String(seed)], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  let number = 0;
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      await pause(JSON.parse(line) as Step, number);
      number += 1;
      child.stdin.write("\n");
    }
    const code = await ended;
    if (code !== 0) throw new Error(`${workload} with seed ${seed} ended with ${code} after ${number} steps`);
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
}
