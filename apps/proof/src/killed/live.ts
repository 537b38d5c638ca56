import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { randomOf } from "../random.ts";
import { liveInDurableState } from "./durable-state-life.ts";
import { PipeJournal, writeLine } from "./journal.ts";
import { liveByHand } from "./whole-stack-life.ts";

/** How a process lives. */
export interface Way {
  readonly by: "hand" | "durable state";
  readonly directory: string;
  readonly seed: number;
  /** So many more processes wait for the directory, in the same group and with the same pipe. */
  readonly waiting: number;
}

const way = JSON.parse(process.argv[2] ?? "") as Way;
for (let i = 1; i <= way.waiting; i++) {
  const other: Way = { ...way, seed: way.seed + i, waiting: 0 };
  spawn(process.execPath, [fileURLToPath(import.meta.url), JSON.stringify(other)], { stdio: ["ignore", "inherit", "inherit"] });
}
writeLine({ started: true });
const live = way.by === "hand" ? liveByHand : liveInDurableState;
await live(way.directory, randomOf(way.seed), new PipeJournal());
