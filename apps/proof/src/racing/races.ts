import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { openCheckpointManager } from "@laminar/checkpoint";
import { openDurableState } from "@laminar/recovery";
import { isWalError, openWalReader } from "@laminar/wal";
import type { Choices } from "../random.ts";
import type { Counter } from "../whole-stack/count.ts";
import type { Door } from "./places.ts";
import { countOf, markName } from "./exclusive.ts";
import type { Answer, Order } from "./racer.ts";
import type { RacingProcess } from "./racers.ts";

/** Racers come within so many milliseconds, and the owner that leaves goes in the middle of them. */
const LEAD_MS = 6;
const SPREAD_MS = 3;
const TAKEN = ["log", "checkpoints"] as const;

export type Before = "nobody" | "an owner that was killed" | "an owner that closes meanwhile";

/** The races of one directory. */
export class Races {
  readonly #wins: Record<Door, number> = { log: 0, checkpoints: 0, "durable state": 0 };
  readonly #directory: string;
  readonly #doors: readonly Door[];
  readonly #choices: Choices;
  readonly #counter: Counter;

  constructor(directory: string, doors: readonly Door[], choices: Choices, counter: Counter) {
    this.#directory = directory;
    this.#doors = doors;
    this.#choices = choices;
    this.#counter = counter;
  }

  /** An owner before the race, in a process of its own; gives what it said. */
  async begin(owner: RacingProcess): Promise<string | undefined> {
    const door = this.#choices.one(this.#doors);
    return this.#judge(door, await owner.ask(0, { do: "hold", directory: this.#directory, door }));
  }

  async killOwner(owner: RacingProcess): Promise<void> {
    await owner.kill();
    // The marks of the dead are no sign of life; its lock is left as it was.
    for (const taken of TAKEN) await rm(join(this.#directory, markName(taken)), { force: true });
  }

  async race(racers: readonly RacingProcess[], before: Before, owner: RacingProcess): Promise<string | undefined> {
    const start = performance.timeOrigin + performance.now() + LEAD_MS;
    const closing = before === "an owner that closes meanwhile" ? owner.ask(0, { do: "close", at: start + SPREAD_MS / 2 }) : undefined;
    const threads = racers.flatMap((racer) => Array.from({ length: racer.threads }, (_, thread) => ({ racer, thread })));
    const answers = await Promise.all(
      threads.map(async ({ racer, thread }) => {
        const door = this.#choices.one(this.#doors);
        const order: Order = { do: "race", directory: this.#directory, door, at: start + this.#choices.random() * SPREAD_MS, tries: 1 + this.#choices.whole(3) };
        return { door, answer: await racer.ask(thread, order) };
      }),
    );
    const troubles = answers.map(({ door, answer }) => this.#judge(door, answer));
    const wins = answers.reduce((sum, { answer }) => sum + answer.wins, 0);
    const nobody = wins === 0 && !closing ? "nobody got in" : undefined;
    return (await closing)?.trouble ?? troubles.find((trouble) => trouble !== undefined) ?? nobody;
  }

  #judge(door: Door, { wins, refusals, trouble }: Answer): string | undefined {
    this.#wins[door] += wins;
    this.#counter.add(`owners of a ${door}`, wins);
    for (const code of refusals) this.#counter.add(`refused with ${code}`);
    return trouble;
  }

  /** Whether everything that owners left is there, and nothing else. */
  async judgeRemains(): Promise<string | undefined> {
    const directory = this.#directory;
    const owners = { log: this.#wins.log + this.#wins["durable state"], checkpoints: this.#wins.checkpoints + this.#wins["durable state"] };
    for (const taken of TAKEN) if (countOf(directory, taken) !== owners[taken]) return `${owners[taken]} owners of the ${taken} counted to ${countOf(directory, taken)}`;
    const commits = await commitsOf(join(directory, "log"));
    if (commits !== owners.log) return `the log holds ${commits} commits of ${owners.log} owners`;
    const manager = await openCheckpointManager({ directory: join(directory, "checkpoints") });
    const { latestCheckpointId = 0 } = manager;
    await manager.close();
    if (latestCheckpointId !== this.#wins.checkpoints) return `checkpoint ${latestCheckpointId} is the newest after ${this.#wins.checkpoints}`;
    await (await openDurableState({ directory })).close();
    const litter = (await readdir(directory, { recursive: true })).filter((path) => path.includes("LOCK"));
    return litter.length > 0 && process.platform === "linux" ? `left behind: ${litter.join(", ")}` : undefined;
  }
}

async function commitsOf(directory: string): Promise<number> {
  try {
    const reader = await openWalReader(directory);
    let commits = 0;
    for await (const { entry } of reader.entries({ unproven: true })) commits += Number(entry.type === "commit");
    await reader.close();
    return commits;
  } catch (error) {
    if (isWalError(error, "WAL_NOT_FOUND")) return 0;
    throw error;
  }
}
