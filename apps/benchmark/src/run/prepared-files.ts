import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import type { Contestant, Row } from "../row.ts";
import type { Settings } from "../settings.ts";
import { runJob } from "./run-job.ts";

/** What contestants find when they start, made once in a process of its own. */
export class PreparedFiles {
  readonly #parent: string;
  readonly #settings: Settings;
  readonly #made = new Map<Contestant["prepare"], Promise<string>>();

  constructor(parent: string, settings: Settings) {
    this.#parent = parent;
    this.#settings = settings;
  }

  /** The directory that a run gets a copy of; `undefined` for an empty one. */
  async of(row: Row, { prepare, name }: Contestant): Promise<string | undefined> {
    if (prepare === undefined) return undefined;
    const made = this.#made.get(prepare) ?? this.#make(row.name, name);
    this.#made.set(prepare, made);
    return made;
  }

  async #make(row: string, contestant: string): Promise<string> {
    const directory = await mkdtemp(join(this.#parent, "prepared-"));
    await runJob({ step: "prepare", row, contestant, settings: this.#settings, directory });
    return directory;
  }
}
