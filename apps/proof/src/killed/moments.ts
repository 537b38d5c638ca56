import { setTimeout as pause } from "node:timers/promises";
import type { Choices } from "../random.ts";
import type { Victim } from "./victim.ts";

/** When a process is killed. */
export interface Moment {
  readonly name: string;
  readonly waiting: number;
  /** Settles with the kill done. Gives what was seen that must not be. */
  kill(victim: Victim): Promise<string | undefined>;
}

const OPENING_MS = 25;
const TIME_MS = 40;
const ACKNOWLEDGEMENTS = 10;

/** One of them, by chance. `isRefused` says whether an open is refused at this moment because another owner lives. */
export function momentOf(choices: Choices, isRefused: () => Promise<boolean>): Moment {
  const choice = choices.random();
  const milliseconds = choices.random();
  const times = 1 + choices.whole(ACKNOWLEDGEMENTS);
  if (choice < 0.3) return { name: "while it opens", waiting: 0, kill: (victim) => after(victim, "started", 1, milliseconds * OPENING_MS) };
  if (choice < 0.7) return { name: "after an acknowledgement", waiting: 0, kill: (victim) => after(victim, "durable", times, 0) };
  if (choice < 0.9) return { name: "at any time", waiting: 0, kill: (victim) => after(victim, "found", 1, milliseconds * TIME_MS) };
  if (choice < 0.95) return { name: "the whole group", waiting: 2, kill: (victim) => after(victim, "durable", times, 0) };
  return { name: "stopped before", waiting: 0, kill: (victim) => whileStopped(victim, times, milliseconds < 0.5, isRefused) };
}

async function after(victim: Victim, key: "started" | "found" | "durable", times: number, milliseconds: number): Promise<undefined> {
  await victim.tells(key, times);
  if (milliseconds > 0) await pause(milliseconds);
  victim.signal("SIGKILL");
  await victim.dead;
}

/** One that is stopped lives: its place is taken, and it goes on when it is let. */
async function whileStopped(victim: Victim, times: number, goesOn: boolean, isRefused: () => Promise<boolean>): Promise<string | undefined> {
  await victim.tells("durable", times);
  victim.signal("SIGSTOP");
  const refused = await isRefused();
  if (goesOn) {
    victim.signal("SIGCONT");
    await victim.tells("durable", victim.count("durable") + 1);
  }
  victim.signal("SIGKILL");
  await victim.dead;
  return refused ? undefined : "an open beside a stopped process was not refused";
}
