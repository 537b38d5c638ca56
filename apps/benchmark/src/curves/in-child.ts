import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { interruption } from "../interruption.ts";
import type { Jobs } from "./jobs.ts";

const program = fileURLToPath(new URL("job-process.js", import.meta.url));

/** Runs a job in a process of its own, so that no measurement sees the memory or the compiled code of another one. */
export async function inChild<N extends keyof Jobs>(name: N, input: Parameters<Jobs[N]>[0]): Promise<Awaited<ReturnType<Jobs[N]>>> {
  interruption.throwIfAborted();
  const child = spawn(process.execPath, ["--expose-gc", program, name, JSON.stringify(input)], { stdio: ["ignore", "pipe", "inherit"], signal: interruption, killSignal: "SIGKILL" });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => (output += part));
  const status = await new Promise<number | null>((resolve, reject) => child.on("error", (error) => interruption.aborted || reject(error)).once("close", resolve));
  interruption.throwIfAborted();
  if (status !== 0) throw new Error(`measuring ${name} ended with ${status}`);
  return JSON.parse(output) as Awaited<ReturnType<Jobs[N]>>;
}
