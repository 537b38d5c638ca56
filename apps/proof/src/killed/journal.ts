import { writeSync } from "node:fs";
import type { Told } from "../whole-stack/promises.ts";
import type { Journal } from "../whole-stack/session.ts";

/** What a process that is going to be killed writes into its pipe, a line each. */
export type Line = Told | { readonly started: true };

/** Tells its parent, at once: what was written before a kill is in the pipe after it. */
export class PipeJournal implements Journal {
  #events: Told[] = [];

  get events(): readonly Told[] {
    return this.#events;
  }

  tell(event: Told): void {
    if ("found" in event) this.#events = [];
    this.#events.push(event);
    writeLine(event);
  }
}

export function writeLine(line: Line): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}
