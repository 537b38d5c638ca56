import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly lines: readonly string[];
  readonly complaints: string;
}

/** An example that runs as a process of its own, from what was built. */
export class Program {
  readonly lines: string[] = [];
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  #awake: () => void = () => undefined;

  constructor(name: string, args: readonly string[]) {
    const program = fileURLToPath(new URL(`../dist/${name}.js`, import.meta.url));
    this.#child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let complaints = "";
    this.#child.stderr.setEncoding("utf8").on("data", (chunk: string) => (complaints += chunk));
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      this.lines.push(line);
      this.#awake();
    });
    this.ended = new Promise((resolve, reject) => {
      this.#child.once("error", reject);
      this.#child.once("close", (status, signal) => resolve({ status, signal, lines: this.lines, complaints }));
    });
  }

  /** Settles once it has said so many lines that match; rejects when it ends before. */
  async says(pattern: RegExp, times = 1): Promise<void> {
    const ended = this.ended.then(({ complaints }) => {
      if (this.#count(pattern) < times) throw new Error(`it ended without saying ${pattern} ${times} times: ${this.lines.join("\n")}\n${complaints}`);
    });
    while (this.#count(pattern) < times) await Promise.race([ended, new Promise<void>((resolve) => (this.#awake = resolve))]);
  }

  end(signal: "SIGKILL" | "SIGINT"): Promise<Ended> {
    this.#child.kill(signal);
    return this.ended;
  }

  #count(pattern: RegExp): number {
    return this.lines.filter((line) => pattern.test(line)).length;
  }
}

export const start = (name: string, ...args: readonly string[]): Program => new Program(name, args);

export const run = (name: string, ...args: readonly string[]): Promise<Ended> => start(name, ...args).ended;

export async function freshDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "laminar-examples-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
