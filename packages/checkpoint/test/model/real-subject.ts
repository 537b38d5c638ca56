import type { SimulatedDisk } from "@laminar/disk/testing";
import { type CheckpointLog, isCheckpointError, openCheckpointManager, type IncrementalCheckpointManager } from "../../src/index.ts";
import { Lockstep } from "./lockstep.ts";
import { DIRECTORY, DiskFailed, type Steps, treeOf } from "./model-directory.ts";
import { counts, LOG_ID, type LogOnDisk } from "./model-log.ts";
import { type Cut, ModelManager, type ModelOptions, ModelRefusal } from "./model-manager.ts";
import { Capture } from "./program.ts";
import type { Action, Change, Done, Published, Subject } from "./subject.ts";

interface Outcome {
  readonly value?: unknown;
  readonly error?: unknown;
}

/** The manager that a program opens, in step with the model. Throws for the first thing that they do differently. */
export class LockstepSubject implements Subject {
  readonly #disk: SimulatedDisk;
  readonly #log: LogOnDisk;
  readonly #options: ModelOptions;
  readonly #truncate: (lsn: number) => void;
  readonly #lockstep: Lockstep;
  #manager: IncrementalCheckpointManager | undefined;
  #model: ModelManager | undefined;

  constructor(disk: SimulatedDisk, log: LogOnDisk, options: ModelOptions, truncate: (lsn: number) => void) {
    this.#disk = disk;
    this.#log = log;
    this.#options = options;
    this.#truncate = truncate;
    this.#lockstep = new Lockstep(treeOf(disk.killed()));
  }

  get latestId(): number | undefined {
    return this.#manager?.latestCheckpointId;
  }

  observe(change: Change, outcome: "done" | "failed"): void {
    this.#lockstep.change(change, outcome);
  }

  changed(): void {
    this.#lockstep.replace(treeOf(this.#disk.killed()));
  }

  async open(): Promise<void> {
    const exists = this.#disk.killed().directories.has(DIRECTORY);
    this.#lockstep.begin(ModelManager.open(this.#lockstep.tree, exists, this.#log, this.#options));
    const opened = await settled(openCheckpointManager({ ...this.#config, directory: DIRECTORY, disk: this.#disk, log: this.#checkpointLog }));
    this.#end(opened);
    if (!("value" in opened)) throw opened.error;
    this.#manager = opened.value;
    this.#model = (this.#lockstep.outcome as { readonly value: ModelManager }).value;
    await this.#requireSameState();
  }

  get #config(): { readonly maxRetained: number } {
    const { maxRetained } = this.#options;
    return { maxRetained };
  }

  get #checkpointLog(): CheckpointLog {
    const [log, truncate] = [this.#log, this.#truncate];
    return {
      logId: LOG_ID,
      get durableLsn() {
        return log.durable.lastLsn;
      },
      counts: (lsn) => counts(log.durable, lsn),
      truncateBefore: async (lsn) => truncate(lsn),
    };
  }

  async perform(action: Action): Promise<Done> {
    const [manager, model] = [this.#manager, this.#model];
    if (!manager || !model) throw new Error("not open");
    const done = await this.#act(manager, model, action);
    if (action.kind !== "close") await this.#requireSameState();
    return done;
  }

  async #act(manager: IncrementalCheckpointManager, model: ModelManager, action: Action): Promise<Done> {
    switch (action.kind) {
      case "checkpoint":
        return this.#create(manager, model, [action.cut]);
      case "two checkpoints":
        return this.#create(manager, model, action.cuts);
      case "delete":
        return this.#one(model.delete(action.id), manager.delete(action.id));
      case "cleanup":
        return this.#one(model.cleanup(action.keep), manager.cleanup(action.keep));
      case "compact":
        return { published: [], failures: [] };
      case "close":
        await manager.close();
        return { published: [], failures: [] };
    }
  }

  async #create(manager: IncrementalCheckpointManager, model: ModelManager, cuts: readonly Cut[]): Promise<Done> {
    this.#lockstep.begin(inTurn(cuts.map((cut) => model.create(cut))));
    const real = await Promise.all(cuts.map((cut) => settled(manager.create(requestOf(cut)))));
    this.#end({ value: undefined });
    const modelled = (this.#lockstep.outcome as { readonly value: readonly Outcome[] }).value;
    for (const [i, outcome] of real.entries()) this.#requireSame(outcome, modelled[i]);
    for (const [i, outcome] of real.entries()) settle(cuts[i], outcome);
    return doneOf(real);
  }

  async #one(steps: Steps<unknown>, real: Promise<unknown>): Promise<Done> {
    this.#lockstep.begin(steps);
    const outcome = await settled(real);
    this.#end(outcome);
    return { ...doneOf([outcome]), published: [] };
  }

  /** The same steps, files and outcome. */
  #end(real: Outcome): void {
    this.#lockstep.end(treeOf(this.#disk.killed()));
    if (this.#lockstep.disagreement !== undefined) fail(this.#lockstep.disagreement);
    this.#requireSame(real, this.#lockstep.outcome);
  }

  #requireSame(real: Outcome, model: Outcome | undefined): void {
    const [one, other] = [real, model ?? {}].map((outcome) => ("error" in outcome ? codeOf(outcome.error) : "done"));
    if (one !== other) fail(`the manager: ${one}, the model: ${other}${real.error instanceof Error ? ` (${String(real.error.stack)})` : ""}`);
    const [ids, others] = [real.value, model?.value];
    if (Array.isArray(ids) && ids.every((id) => typeof id === "number") && ids.join() !== String(others)) fail(`the manager removed ${ids.join()}, the model ${String(others)}`);
  }

  async #requireSameState(): Promise<void> {
    const [manager, model] = [this.#manager, this.#model];
    if (!manager || !model) return;
    const real = [manager.latestCheckpointId, manager.epoch, manager.lastCleanupError !== undefined, await manager.oldestWalPosition()];
    const other = [model.latestId, model.epoch, model.cleanupFailed, model.floor];
    if (real.join() !== other.join()) fail(`the manager's newest checkpoint, epoch, failed clean-up and floor are ${real.join()}, the model's ${other.join()}: ${String(manager.lastCleanupError)}`);
  }
}

function fail(what: string): never {
  throw new Error(`DISAGREEMENT: ${what}`);
}

const settled = <T>(promise: Promise<T>): Promise<{ readonly value: T } | { readonly error: unknown }> =>
  promise.then((value) => ({ value }), (error: unknown) => ({ error }));

/** One after the other, whatever becomes of them. */
function* inTurn(all: readonly Steps<unknown>[]): Steps<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const steps of all) {
    try {
      outcomes.push({ value: yield* steps });
    } catch (error) {
      outcomes.push({ error });
    }
  }
  return outcomes;
}

const requestOf = (cut: Cut): Parameters<IncrementalCheckpointManager["create"]>[0] => ({
  walPosition: cut.walPosition,
  epoch: cut.epoch,
  sourceOffsets: new Map([["commits", cut.walPosition]]),
  keyCount: cut.keyCount,
  state: () => cut.part("full"),
});

function settle(cut: Cut | undefined, outcome: Outcome): void {
  if (!(cut instanceof Capture)) return;
  if ("error" in outcome) cut.fail();
  else cut.done((outcome.value as Published).id);
}

function doneOf(outcomes: readonly Outcome[]): Done {
  return {
    published: outcomes.flatMap((outcome) => ("error" in outcome ? [] : [outcome.value as Published])),
    failures: outcomes.flatMap((outcome) => ("error" in outcome ? [codeOf(outcome.error)] : [])),
  };
}

function codeOf(error: unknown): string {
  if (error instanceof ModelRefusal) return error.code;
  if (error instanceof DiskFailed) return "CHECKPOINT_IO";
  if (isCheckpointError(error)) return error.code;
  return error instanceof Error ? error.name : String(error);
}
