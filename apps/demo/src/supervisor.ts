import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { WorkMessage, WorkOrder } from "./worker.ts";

export interface Run {
  readonly order: Omit<WorkOrder, "replay">;
  readonly kills: number;
  readonly seed: number;
  readonly adoptUncommittedOnce: boolean;
  onStart(start: number, message: Extract<WorkMessage, { type: "started" }>): void;
  onKill(kill: number, events: number): void;
  onProgress(events: number): void;
}

/** How many events were acknowledged in all, and how many times the job was killed. */
export interface Outcome {
  readonly kills: number;
  readonly acknowledged: number;
}

/** Numbers in [0, 1), the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** Starts the job again and again, kills it at moments that chance chooses, and lets the last start run to its end. */
export async function supervise(run: Run): Promise<Outcome> {
  const random = seeded(run.seed);
  let acknowledged = 0;
  let adopt = run.adoptUncommittedOnce;
  for (let kill = 1; ; kill++) {
    const remaining = run.order.events - acknowledged;
    const killsLeft = run.kills - kill + 1;
    const killAt = killsLeft > 0 ? acknowledged + Math.max(1, Math.floor((random() * 1.6 * remaining) / (killsLeft + 1))) : undefined;
    // Every second kill waits for the middle of a group, the others fall wherever the job happens to be.
    const inGroup = kill % 2 === 1 || run.adoptUncommittedOnce;
    const replay = adopt && kill === 2 ? "all" : "committed";
    if (replay === "all") adopt = false;
    const life = await live({ ...run.order, replay }, { killAt, inGroup, delayMs: random() * 4 }, run, kill);
    acknowledged = Math.max(acknowledged, life.acknowledged);
    if (life.finished) return { kills: kill - 1, acknowledged };
    run.onKill(kill, acknowledged);
  }
}

interface Death {
  /** Events after which the job may die; `undefined` lets it live. */
  readonly killAt: number | undefined;
  readonly inGroup: boolean;
  readonly delayMs: number;
}

/** One life of the job, to its end or to its death. */
function live(order: WorkOrder, death: Death, run: Run, start: number): Promise<{ readonly acknowledged: number; readonly finished: boolean }> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL("child.js", import.meta.url)), [JSON.stringify(order)]);
    let acknowledged = 0;
    let finished = false;
    let dying = false;
    const die = (): void => {
      if (dying || finished) return;
      dying = true;
      if (death.inGroup) child.kill("SIGKILL");
      else setTimeout(() => child.kill("SIGKILL"), death.delayMs);
    };
    child.on("message", (value) => {
      const message = value as WorkMessage;
      if (message.type === "started") run.onStart(start, message);
      if (message.type === "committed") {
        acknowledged = message.events;
        run.onProgress(acknowledged);
      }
      if (message.type === "done") finished = true;
      const due = death.killAt !== undefined && acknowledged >= death.killAt;
      if (due && (message.type === "uncommitted" || (message.type === "committed" && !death.inGroup))) die();
    });
    child.on("error", reject);
    // Only "exit" says that the process is gone, and with it its lock.
    child.on("exit", (code, signal) => {
      if (signal === "SIGKILL") resolve({ acknowledged, finished: false });
      else if (finished && code === 0) resolve({ acknowledged, finished: true });
      else reject(new Error(`the job ended by itself, with status ${code ?? signal}`));
    });
  });
}
