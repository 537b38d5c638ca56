import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Line } from "./journal.ts";
import type { Way } from "./live.ts";

/** What is built is started, whether the row runs from what is built or from its sources. */
const program = fileURLToPath(new URL("../../dist/killed/live.js", import.meta.url));

/** A process, or a group of them, that lives until it is killed, and all that it told. */
export class Victim {
  readonly lines: Line[] = [];
  /** Settles when the process is dead, and everything that it wrote is in `lines`. */
  readonly dead: Promise<void>;
  complaints = "";
  #ended = false;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #isGroup: boolean;
  #awake: () => void = () => undefined;

  constructor(way: Way) {
    this.#isGroup = way.waiting > 0;
    this.#child = spawn(process.execPath, [program, JSON.stringify(way)], { stdio: ["ignore", "pipe", "pipe"], detached: this.#isGroup });
    this.#child.stderr.setEncoding("utf8").on("data", (chunk: string) => (this.complaints += chunk));
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.#take(line));
    this.dead = new Promise((resolve, reject) => {
      this.#child.once("error", reject);
      this.#child.once("exit", (status, signal) => {
        this.#ended = true;
        if (signal !== "SIGKILL") this.complaints += `it ended by itself, with ${signal ?? status}`;
        this.#awake();
      });
      this.#child.once("close", () => resolve());
    });
  }

  /** A kill may cut the last line. */
  #take(line: string): void {
    if (!line.endsWith("}")) return;
    this.lines.push(JSON.parse(line) as Line);
    this.#awake();
  }

  count(key: "started" | "found" | "durable"): number {
    return this.lines.reduce((count, line) => count + Number(key in line), 0);
  }

  /** Settles once it told this so many times, or is dead. */
  async tells(key: "started" | "found" | "durable", times: number): Promise<void> {
    while (this.count(key) < times && !this.#ended) await new Promise<void>((resolve) => (this.#awake = resolve));
  }

  /** To the whole group where there is one, which may live on without its first process. */
  signal(signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    // Not by the child's own `kill`, which on Deno up to 2.9.6 sends one signal and no other (denoland/deno#36643).
    if (this.#isGroup) process.kill(-pid, signal);
    else if (!this.#ended) process.kill(pid, signal);
  }
}
