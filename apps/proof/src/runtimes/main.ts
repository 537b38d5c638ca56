import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CollectedTests } from "./collected-tests.ts";
import { declareConformance } from "./conformance.ts";
import { declareProofParts } from "./proof-parts.ts";
import { declarePrograms } from "./programs.ts";

const PATIENCE_MS = 240_000;

/** Runs, on the runtime that it is started with, all that can differ between runtimes. The last line is the result as JSON. */
async function main(): Promise<number> {
  const scratch = await mkdtemp(join(tmpdir(), "laminar-runtimes-"));
  try {
    const tests = new CollectedTests(PATIENCE_MS);
    declareConformance(tests, scratch);
    declarePrograms(tests, scratch);
    declareProofParts(tests, scratch);
    const result = await tests.run((failure) => console.log(failure));
    console.log(JSON.stringify(result));
    return result.failed === 0 ? 0 : 1;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

// A test that hung may have left what keeps the process alive.
process.exit(await main());
