import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { isLocked } from "../killed/once-free.ts";
import type { Door, Held } from "./places.ts";
import { enter, leave } from "./exclusive.ts";

interface Doors {
  readonly open: Readonly<Record<Door, (directory: string) => Promise<Held>>>;
}

interface Place {
  readonly directory: string;
  readonly door: Door;
}

/** What a thread is told to do. Times are milliseconds since 1970. */
export type Order =
  /** Try to get in, so many times, and out again. */
  | (Place & { readonly do: "race"; readonly at: number; readonly tries: number })
  /** Get in and stay. */
  | (Place & { readonly do: "hold" })
  | { readonly do: "close"; readonly at: number };

export interface Answer {
  readonly wins: number;
  /** The codes of the errors that refused it. */
  readonly refusals: readonly string[];
  /** What must not be. */
  readonly trouble?: string | undefined;
}

/** Started with how many threads it has, and the module of the doors. */
const [, , threads, doorsModule = ""] = process.argv;
const sleeping = new Int32Array(new SharedArrayBuffer(4));
const sleepUntil = (at: number): unknown => Atomics.wait(sleeping, 0, 0, Math.max(0, at - performance.timeOrigin - performance.now()));
let holding: (Place & { readonly held: Held }) | undefined;

async function answerTo(order: Order): Promise<Answer> {
  const { open } = (await import(doorsModule)) as Doors;
  const refusals: string[] = [];
  let wins = 0;
  try {
    if (order.do === "hold") {
      const held = await open[order.door](order.directory);
      await enter(order.directory, order.door, held);
      holding = { ...order, held };
      wins++;
    } else if (order.do === "close" && holding) {
      leave(holding.directory, holding.door);
      sleepUntil(order.at);
      await holding.held.close();
      holding = undefined;
    } else if (order.do === "race") {
      sleepUntil(order.at);
      for (let tries = order.tries; tries > 0; tries--) {
        const held = await open[order.door](order.directory).catch((error: unknown) => {
          if (!isLocked(error)) throw error;
          refusals.push((error as { readonly code: string }).code);
        });
        if (!held) continue;
        await enter(order.directory, order.door, held);
        wins++;
        leave(order.directory, order.door);
        await held.close();
      }
    }
    return { wins, refusals };
  } catch (error) {
    return { wins, refusals, trouble: error instanceof Error ? (error.stack ?? String(error)) : String(error) };
  }
}

if (isMainThread) {
  const workers = Array.from({ length: Number(threads) }, (_, thread) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { argv: process.argv.slice(2) });
    worker.on("message", (answer: Answer) => process.send?.({ thread, answer }));
    return worker;
  });
  process.on("message", ({ thread, order }: { readonly thread: number; readonly order: Order }) => workers[thread]?.postMessage(order));
  process.on("disconnect", () => process.exit());
} else parentPort?.on("message", (order: Order) => void answerTo(order).then((answer) => parentPort?.postMessage(answer)));
