import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Row } from "../row.ts";
import type { Done, Job } from "../run-jobs.ts";
import { DistinctContents } from "./distinct.ts";

/** What the rounds of one part have come to. */
interface PartState {
  rounds: number;
  reached: number;
  seconds: number;
  nextSeed: number;
}

interface Saved {
  readonly parts: Record<string, PartState>;
  readonly violations: string[];
}

/** `proof` begins at 1: what soak looks at comes after that. */
const firstSeed = 1_000_001;

/** What all rounds have come to, in a directory from which a later run goes on. */
export class SoakState {
  readonly #directory: string;
  readonly #saved: Saved;
  readonly #contents: Map<string, DistinctContents> = new Map();

  private constructor(directory: string, saved: Saved) {
    this.#directory = directory;
    this.#saved = saved;
  }

  static async open(directory: string): Promise<SoakState> {
    await mkdir(directory, { recursive: true });
    const text = await readFile(fileIn(directory), "utf8").catch(() => undefined);
    return new SoakState(directory, text === undefined ? { parts: {}, violations: [] } : (JSON.parse(text) as Saved));
  }

  get violations(): readonly string[] {
    return this.#saved.violations;
  }

  part(job: Pick<Job, "row" | "part">): Readonly<PartState> {
    return this.#saved.parts[nameOf(job)] ?? { rounds: 0, reached: 0, seconds: 0, nextSeed: firstSeed };
  }

  reached(row: Row): number {
    return row.parts.reduce((sum, part) => sum + this.part({ row, part }).reached, 0);
  }

  /** Takes what a round came to; it is on disk when this settles. */
  async add({ job, outcome, seconds }: Done): Promise<void> {
    const before = this.part(job);
    const reached = outcome.contents === undefined ? outcome.reached : await this.#newContents(job, outcome.contents);
    this.#saved.parts[nameOf(job)] = {
      rounds: before.rounds + 1,
      reached: before.reached + reached,
      seconds: before.seconds + seconds,
      nextSeed: outcome.nextSeed ?? before.nextSeed + 1,
    };
    this.#saved.violations.push(...outcome.violations.map((violation) => `${nameOf(job)}: ${violation}`));
    const file = fileIn(this.#directory);
    await writeFile(`${file}.tmp`, `${JSON.stringify(this.#saved, undefined, 2)}\n`);
    await rename(`${file}.tmp`, file);
  }

  async #newContents(job: Job, contents: BigUint64Array): Promise<number> {
    const name = nameOf(job);
    const known = this.#contents.get(name) ?? (await DistinctContents.open(join(this.#directory, `${name.replace(/[^a-z0-9]+/gi, "-")}.contents`)));
    this.#contents.set(name, known);
    return known.add(contents);
  }
}

const fileIn = (directory: string): string => join(directory, "soak.json");
const nameOf = ({ row, part }: Pick<Job, "row" | "part">): string => `${row.title}, ${part.name}`;
