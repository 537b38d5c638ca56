import type { Disk } from "@laminar/disk";
import type { Operation, SimulatedDisk } from "@laminar/disk/testing";
import { judgeCut, type Told } from "../whole-stack/promises.ts";
import type { Journal } from "../whole-stack/session.ts";
import type { Stack, StackLife } from "../whole-stack/stack.ts";
import type { Opening, Step } from "../whole-stack/steps.ts";
import { settled } from "./settling.ts";

/** A step of a stack, or time that goes by. */
export type ProgramStep = Step | { readonly do: "wait"; readonly milliseconds: number };

/** What a step came to. */
export interface Answer {
  readonly step: ProgramStep["do"] | "close";
  readonly error?: unknown;
}

export interface ProgramOptions {
  readonly disk: SimulatedDisk;
  /** What the stack works on: the disk, or what stands between. */
  readonly port?: Disk | undefined;
  /** What was told before it starts. */
  readonly before?: readonly Told[] | undefined;
  /** Whether an operation that was done was one that failed. */
  readonly isFailed?: ((operation: Operation) => boolean) | undefined;
}

const PLAIN = { maxRetained: 1, maxChainLength: 2 };
const WRITES: ReadonlySet<string> = new Set(["commit", "two syncs", "group", "fence", "stray"]);
const CHECKPOINTS: ReadonlySet<string> = new Set(["full", "delta", "compact"]);
const CHANGES: ReadonlySet<string> = new Set(["create", "write", "sync", "makeDirectory", "rename", "syncDirectory"]);

/** After it nothing may be written in this life. */
const isEnd = (error: unknown): boolean => error instanceof Error && "code" in error && (error.code === "WAL_POISONED" || error.code === "RECOVERY_STATE_FAILED");

/** Takes its steps whatever fails, as the most stubborn of programs would, and holds what it is told against the promises. */
export class StubbornProgram implements Journal {
  readonly events: Told[] = [];
  readonly answers: Answer[] = [];
  readonly violations: string[] = [];
  readonly #stack: Stack;
  readonly #disk: SimulatedDisk;
  readonly #port: Disk;
  readonly #isFailed: (operation: Operation) => boolean;
  #life: StackLife | undefined;
  #isDead = false;
  hangs = false;

  constructor(stack: Stack, { disk, port = disk, before = [], isFailed = () => false }: ProgramOptions) {
    this.#stack = stack;
    this.#disk = disk;
    this.#port = port;
    this.#isFailed = isFailed;
    this.events.push(...before);
  }

  get failures(): readonly Answer[] {
    return this.answers.filter(({ error }) => error !== undefined);
  }

  tell(event: Told): void {
    if ("found" in event) {
      const wrong = judgeCut(event.found, this.events);
      if (wrong !== undefined) this.violations.push(`an open found what it must not: ${wrong}`);
    }
    this.events.push(event);
  }

  /** Takes the steps, and closes. Chance is to be fixed before. Ends early where one never comes back. */
  async run(steps: readonly ProgramStep[]): Promise<void> {
    for (const step of steps) {
      if (this.hangs) return;
      if (step.do === "wait") this.#disk.advance(step.milliseconds);
      else if (step.do === "open") await this.#reopen(step);
      else {
        await this.#take(step);
        if (step.do === "stray") await this.#close();
      }
    }
    if (!this.hangs) await this.#close();
  }

  async #reopen(opening: Omit<Opening, "do">): Promise<StackLife | undefined> {
    await this.#close();
    if (this.hangs) return undefined;
    this.#isDead = false;
    this.#life = await this.#ask("open", this.#stack.open(this.#port, this, opening));
    return this.#life;
  }

  async #take(step: Exclude<Step, Opening>): Promise<void> {
    const life = this.#life ?? (await this.#reopen(PLAIN));
    if (life === undefined) return;
    const wasDead = this.#isDead;
    const { length } = this.answers;
    const operations = this.#disk.operations.length;
    await this.#ask(step.do, life.take(step));
    const failure = this.answers.slice(length).find(({ error }) => error !== undefined);
    this.#isDead ||= isEnd(failure?.error);
    if (wasDead && WRITES.has(step.do)) this.#requireRefused(step, failure, operations);
  }

  /** What has failed once takes nothing more, and says so. */
  #requireRefused(step: Step, failure: Answer | undefined, operations: number): void {
    if (failure === undefined) this.violations.push(`${step.do} was accepted after a failure that ends everything`);
    const change = this.#disk.operations.slice(operations).find(({ kind }) => CHANGES.has(kind));
    if (change !== undefined) this.violations.push(`${step.do} was refused, and changed the disk: ${change.kind} ${change.path}`);
  }

  async #close(): Promise<void> {
    const life = this.#life;
    this.#life = undefined;
    if (life !== undefined) await this.#ask("close", life.close());
  }

  async #ask<T>(step: Answer["step"], promise: Promise<T>): Promise<T | undefined> {
    const isCheckpoint = CHECKPOINTS.has(step);
    const before = isCheckpoint ? this.#published() : undefined;
    const operations = this.#disk.operations.length;
    const outcome = await settled(this.#disk, promise);
    if (outcome === "hangs") {
      this.hangs = true;
      return undefined;
    }
    this.answers.push("error" in outcome ? { step, error: outcome.error } : { step });
    if ("value" in outcome) return outcome.value;
    if (before !== undefined) this.#requireUnpublished(before, operations);
    return undefined;
  }

  #published(): ReadonlySet<string> {
    return new Set([...this.#disk.killed().directories].filter((path) => /\/checkpoint_[0-9a-f]{16}$/.test(path)));
  }

  /** A checkpoint that was refused isn't there; one that could not be taken back may keep its name, and its store knows that it doesn't count. */
  #requireUnpublished(before: ReadonlySet<string>, operations: number): void {
    const added = [...this.#published()].filter((path) => !before.has(path));
    const couldBeTakenBack = !this.#disk.operations.slice(operations).some((operation) => (operation.kind === "list" || operation.kind === "rename") && this.#isFailed(operation));
    if (couldBeTakenBack) this.violations.push(...added.map((path) => `a checkpoint was refused, and is there: ${path}`));
  }
}
