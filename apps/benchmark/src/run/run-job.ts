import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { interruption } from "../interruption.ts";
import type { Sample } from "../row.ts";
import type { Answer, Job } from "./job.ts";

const program = fileURLToPath(new URL("./sample-process.js", import.meta.url));

/** Runs a job in a process of its own. Rejects when that fails, or ends without an answer; it has ended then. */
export function runJob(job: Job): Promise<Sample | undefined> {
  interruption.throwIfAborted();
  return new Promise((resolve, reject) => {
    let answer: Answer | undefined;
    // A warning, such as that of an experimental module, is no result.
    const child = fork(program, [JSON.stringify(job)], { execArgv: ["--disable-warning=ExperimentalWarning"], signal: interruption, killSignal: "SIGKILL" });
    child.on("message", (message) => (answer = message as Answer));
    // After an interruption it is still to end.
    child.on("error", (error) => interruption.aborted || reject(error));
    child.on("exit", (code, signal) => {
      if (answer === undefined) reject(new Error(`${job.row}, ${job.contestant}: the process ended with ${signal ?? code} and no answer`));
      else if ("problem" in answer) reject(new Error(`${job.row}, ${job.contestant}: ${answer.problem}`));
      else resolve(answer.sample);
    });
  });
}
