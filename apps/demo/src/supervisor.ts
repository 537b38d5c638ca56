import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Kill } from "./kill-plan.ts";
import type { RecoverySummary, StopMessage, WorkerMessage, WorkerSettings } from "./messages.ts";

/** What the supervisor sees, as it sees it. */
export interface Spectator {
  recovered(start: number, summary: RecoverySummary): void;
  committed(event: number): void;
  killed(kill: number, acknowledged: number): void;
}

export interface Supervision {
  readonly kills: readonly Kill[];
  /** The settings of the n-th start, from 1 on. */
  readonly settingsOf: (start: number) => WorkerSettings;
  readonly spectator: Spectator;
  /** Ends everything: the process at work is killed, and the run rejects. */
  readonly signal: AbortSignal;
}

export interface SupervisedRun {
  readonly starts: number;
  readonly kills: number;
}

/** Runs the job in a process of its own, kills it as planned, and starts it again until it has finished and nothing is left to kill. */
export async function superviseRun({ kills, settingsOf, spectator, signal }: Supervision): Promise<SupervisedRun> {
  let acknowledged = 0;
  let killed = 0;
  for (let start = 1; ; start++) {
    const process = new WorkingProcess(settingsOf(start), kills[killed], signal, {
      recovered(summary) {
        requireAcknowledged(acknowledged, summary);
        spectator.recovered(start, summary);
      },
      committed(event) {
        acknowledged = Math.max(acknowledged, event);
        spectator.committed(event);
      },
    });
    if ((await process.ended) === "finished") return { starts: start, kills: killed };
    killed++;
    spectator.killed(killed, acknowledged);
  }
}

function requireAcknowledged(acknowledged: number, { nextEvent }: RecoverySummary): void {
  if (nextEvent >= acknowledged) return;
  throw new Error(`event ${acknowledged} was acknowledged as durable, but the recovery goes on from event ${nextEvent}`);
}

interface Observer {
  recovered(summary: RecoverySummary): void;
  committed(event: number): void;
}

const program = fileURLToPath(new URL("main.js", import.meta.url));

class WorkingProcess {
  /** How it ended: by our kill or by finishing its work. Rejects for any other end. */
  readonly ended: Promise<"killed" | "finished">;
  readonly #child: ChildProcess;
  readonly #kill: Kill | undefined;
  readonly #observer: Observer;
  #killTimer: NodeJS.Timeout | undefined;
  #killSent = false;
  #failure: unknown;
  #complaints = "";

  constructor(settings: WorkerSettings, kill: Kill | undefined, signal: AbortSignal, observer: Observer) {
    this.#kill = kill;
    this.#observer = observer;
    this.#child = fork(program, ["--child", JSON.stringify(settings)], { stdio: ["ignore", "ignore", "pipe", "ipc"] });
    this.#child.stderr?.setEncoding("utf8").on("data", (chunk: string) => (this.#complaints += chunk));
    this.#child.on("message", (message) => this.#take(message as WorkerMessage));
    const abort = (): void => this.#fail(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    this.ended = new Promise((resolve, reject) => {
      this.#child.once("error", reject);
      this.#child.once("close", (code, by) => {
        signal.removeEventListener("abort", abort);
        clearTimeout(this.#killTimer);
        if (this.#failure !== undefined) reject(this.#failure);
        else if (this.#killSent && by === "SIGKILL") resolve("killed");
        else if (code === 0) resolve("finished");
        else reject(new Error(`the working process ended by itself (${by ?? `exit status ${code}`}): ${this.#complaints.trim()}`));
      });
    });
  }

  #take(message: WorkerMessage): void {
    // What was told before the kill and arrives after it still counts: it was acknowledged.
    try {
      if (message.type === "recovered") this.#observer.recovered(message.summary);
      if (message.type === "committed") this.#observer.committed(message.event);
    } catch (error) {
      this.#fail(error);
    }
    if (message.type === "finished") this.#finish();
    else if (message.type !== "recovered" && this.#kill && message.event >= this.#kill.event) {
      this.#killTimer ??= setTimeout(() => this.#killNow(), this.#kill.delay);
    }
  }

  /** A process that got to its end before a kill that is due is killed there. */
  #finish(): void {
    if (this.#kill) this.#killNow();
    else this.#child.send({ type: "stop" } satisfies StopMessage);
  }

  #killNow(): void {
    this.#killSent = true;
    this.#child.kill("SIGKILL");
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#child.kill("SIGKILL");
  }
}
