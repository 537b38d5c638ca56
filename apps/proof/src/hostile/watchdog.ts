import { writeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isMainThread, Worker, workerData } from "node:worker_threads";

/** What is built is started, whether the row runs from what is built or from its sources. */
const program = fileURLToPath(new URL("../../dist/hostile/watchdog.js", import.meta.url));
const PATIENCE_MS = 60_000;

/** Says which run hangs, and ends the process: what loops for ever can't say it itself. */
export class Watchdog {
  readonly #at: Float64Array;
  readonly #worker: Worker;

  constructor(name: string) {
    this.#at = new Float64Array(new SharedArrayBuffer(8));
    this.#worker = new Worker(program, { workerData: { watched: this.#at, name } });
    this.#worker.unref();
  }

  /** The run that begins. */
  sees(seed: number): void {
    this.#at[0] = seed;
  }

  end(): Promise<number> {
    return this.#worker.terminate();
  }
}

const { watched, name } = ((isMainThread ? undefined : workerData) ?? {}) as { readonly watched?: Float64Array; readonly name?: string };
if (watched instanceof Float64Array) {
  let before: number | undefined;
  setInterval(() => {
    if (watched[0] === before) {
      writeSync(2, `${name}: the input of seed ${before} hangs\n`);
      process.kill(process.pid, "SIGKILL");
    }
    before = watched[0];
  }, PATIENCE_MS);
}
