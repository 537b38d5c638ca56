import type { SimulatedDisk } from "@laminar/disk/testing";
import { type CheckpointConfig, type CheckpointLog, isCheckpointError, openCheckpointManager, type IncrementalCheckpointManager } from "../../src/index.ts";
import { Lockstep } from "./lockstep.ts";
import { DIRECTORY, DiskFailed, type Steps, surveyTree, treeOf } from "./model-directory.ts";
import { counts, LOG_ID, type LogOnDisk } from "./model-log.ts";
import { ModelManager, type ModelOptions, ModelRefusal } from "./model-manager.ts";
import type { Capture } from "./program.ts";
import { mergeParts } from "./state-bytes.ts";
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

  get #config(): Pick<CheckpointConfig, "maxRetained" | "maxChainLength" | "maxDeltaRatio" | "merge"> {
    const { maxRetained, maxChainLength, maxDeltaRatio } = this.#options;
    return { maxRetained, maxChainLength, maxDeltaRatio, merge: mergeParts };
  }

  get #checkpointLog(): CheckpointLog {
    const [log, truncate] = [this.#log, this.#truncate];
    return {
      logId: LOG_ID,
      get startsAfter() {
        return log.durable.startsAfter;
      },
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
    this.#options.weather.unreadable = undefined;
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
      case "truncate":
        return this.#one(model.truncateLog(), this.#truncateBehind(manager));
      case "compact":
        return this.#compact(model.compact(), manager);
      case "close":
        await manager.close();
        if (this.#disk.openFiles > 0) fail(`${this.#disk.openFiles} files are open after close()`);
    }
    return { published: [], failures: [] };
  }

  async #create(manager: IncrementalCheckpointManager, model: ModelManager, cuts: readonly Capture[]): Promise<Done> {
    this.#lockstep.begin(inTurn(cuts.map((cut) => model.create(cut))));
    const real = await Promise.all(cuts.map((cut) => settled(manager.create(requestOf(cut)))));
    this.#end({ value: undefined });
    const modelled = (this.#lockstep.outcome as { readonly value: readonly Outcome[] }).value;
    for (const [i, outcome] of real.entries()) this.#requireSame(outcome, modelled[i]);
    for (const [i, outcome] of real.entries()) requireEnded(cuts[i], outcome);
    return doneOf(real);
  }

  async #compact(steps: Steps<unknown>, manager: IncrementalCheckpointManager): Promise<Done> {
    const before = surveyTree(this.#lockstep.tree).ids;
    this.#lockstep.begin(steps);
    const outcome = await settled(manager.compact());
    this.#end(outcome);
    const { published, failures } = doneOf([outcome]);
    return { published: published.filter((newest) => newest !== undefined && !before.includes(newest.id)), failures };
  }

  async #one(steps: Steps<unknown>, real: Promise<unknown>): Promise<Done> {
    this.#lockstep.begin(steps);
    const outcome = await settled(real);
    this.#end(outcome);
    return { ...doneOf([outcome]), published: [] };
  }

  async #truncateBehind(manager: IncrementalCheckpointManager): Promise<void> {
    const floor = await manager.oldestWalPosition();
    if (floor > 0) await this.#checkpointLog.truncateBefore(floor + 1).catch(() => Promise.reject(new DiskFailed()));
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
    const { removed, kept, oldestWalPosition, error } = manager.lastCleanup ?? {};
    const report = model.report;
    const differences = [
      differenceOf("newest checkpoint", manager.latestCheckpointId, model.latestId),
      differenceOf("latest()", (await manager.latest())?.id, model.newestUsable),
      differenceOf("list()", (await manager.list()).map(({ id }) => id).join(), model.listed.join()),
      differenceOf("epoch", manager.epoch, model.epoch),
      differenceOf("floor", await manager.oldestWalPosition(), model.floor),
      differenceOf("removed ids", removed?.join(), report?.removed.join()),
      differenceOf("kept ids", kept?.map(({ id, reason }) => `${id} ${reason}`).join(), report?.kept.join()),
      differenceOf("floor in the report", oldestWalPosition, report?.floor),
      differenceOf("failed clean-up", report && error !== undefined, report?.failed),
    ].filter(Boolean);
    if (differences.length > 0) fail(`${differences.join("; ")} (${String(error)})`);
  }
}

function fail(what: string): never {
  throw new Error(`DISAGREEMENT: ${what}`);
}

const differenceOf = (what: string, real: unknown, model: unknown): string => (real === model ? "" : `the manager's ${what}: ${String(real)}, the model's: ${String(model)}`);

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

const requestOf = (cut: Capture): Parameters<IncrementalCheckpointManager["create"]>[0] => ({
  walPosition: cut.walPosition,
  epoch: cut.epoch,
  sourceOffsets: new Map([["commits", cut.walPosition]]),
  state: cut,
});

/** A capture's bytes are asked for once at most, and then it is ended, once. */
function requireEnded(cut: Capture | undefined, outcome: Outcome): void {
  if (!cut) return;
  const end = "error" in outcome ? "failed" : (outcome.value as Published).id;
  const isRight = cut.ends.length === 1 && cut.ends[0] === end && cut.bytesAsked <= 1 && (end === "failed" || cut.bytesAsked === 1);
  if (!isRight) fail(`the capture was asked ${cut.bytesAsked} times and ended with ${cut.ends.join()}, where ${end} was due`);
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
