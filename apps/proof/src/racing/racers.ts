import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Answer, Order } from "./racer.ts";

/** What is built is started, whether the row runs from what is built or from its sources. */
const program = fileURLToPath(new URL("../../dist/racing/racer.js", import.meta.url));
export const realDoors: string = new URL("../../dist/racing/doors.js", import.meta.url).href;
const PATIENCE_MS = 60_000;

/** A process whose threads race. It lives from race to race. */
export class RacingProcess {
  readonly threads: number;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  readonly #ended: Promise<void>;

  constructor(threads: number, doors: string) {
    this.threads = threads;
    this.#child = fork(program, [String(threads), doors], { execArgv: [] });
    this.#child.on("message", ({ thread, answer }: { readonly thread: number; readonly answer: Answer }) => {
      this.#waiting.get(thread)?.(answer);
      this.#waiting.delete(thread);
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once("exit", (status, signal) => {
        for (const answer of this.#waiting.values()) answer({ wins: 0, refusals: [], trouble: `its process ended with ${signal ?? status}` });
        resolve();
      });
    });
  }

  ask(thread: number, order: Order): Promise<Answer> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve({ wins: 0, refusals: [], trouble: "it hangs" }), PATIENCE_MS);
      this.#waiting.set(thread, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      this.#child.send({ thread, order });
    });
  }

  /** With all that it holds. */
  kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    return this.#ended;
  }
}
