import { DiskError } from "@laminar/disk";
import type { SimulatedDisk } from "@laminar/disk/testing";
import { applyStep, DIRECTORY, DiskFailed, pathOf, type Step, type Steps, surveyTree, type Tree, treeOf } from "./model-directory.ts";
import type { LogOnDisk } from "./model-log.ts";
import { ModelManager, type ModelOptions, ModelRefusal } from "./model-manager.ts";
import type { ModelMetadata } from "./model-metadata.ts";
import type { Capture } from "./program.ts";
import type { Action, Done, Subject } from "./subject.ts";

type File = Awaited<ReturnType<SimulatedDisk["create"]>>;

/** The model alone, on a disk: what the rules do without the manager, and what one of them less does. */
export class ModelSubject implements Subject {
  readonly #disk: SimulatedDisk;
  readonly #log: LogOnDisk;
  readonly #options: ModelOptions;
  readonly #truncate: (lsn: number) => void;
  readonly #open: Map<string, File> = new Map();
  readonly #tree: Tree;
  #model: ModelManager | undefined;

  constructor(disk: SimulatedDisk, log: LogOnDisk, options: ModelOptions, truncate: (lsn: number) => void) {
    this.#disk = disk;
    this.#log = log;
    this.#options = options;
    this.#truncate = truncate;
    this.#tree = treeOf(disk.killed());
  }

  observe(): void {}

  changed(): void {
    this.#tree.clear();
    for (const [name, files] of treeOf(this.#disk.killed())) this.#tree.set(name, files);
  }

  async open(): Promise<void> {
    const exists = this.#disk.killed().directories.has(DIRECTORY);
    this.#model = await this.#run(ModelManager.open(this.#tree, exists, this.#log, this.#options));
  }

  async perform(action: Action): Promise<Done> {
    const model = this.#model;
    if (!model) throw new Error("not open");
    switch (action.kind) {
      case "checkpoint":
        return this.#create(model, [action.cut]);
      case "two checkpoints":
        return this.#create(model, action.cuts);
      case "delete":
        return this.#outcome(model.delete(action.id));
      case "cleanup":
        return this.#outcome(model.cleanup(action.keep));
      case "truncate":
        return this.#outcome(model.truncateLog());
      case "compact":
        return this.#compact(model);
      case "close":
    }
    return { published: [], failures: [] };
  }

  async #create(model: ModelManager, cuts: readonly Capture[]): Promise<Done> {
    const published: ModelMetadata[] = [];
    const failures: string[] = [];
    for (const cut of cuts) {
      try {
        const metadata = await this.#run(model.create(cut));
        published.push(metadata);
        cut.done(metadata);
      } catch (error) {
        failures.push(codeOf(error));
        cut.fail();
      }
    }
    return { published, failures };
  }

  async #compact(model: ModelManager): Promise<Done> {
    const before = surveyTree(this.#tree).ids;
    try {
      const newest = await this.#run(model.compact());
      return { published: newest && !before.includes(newest.id) ? [newest] : [], failures: [] };
    } catch (error) {
      return { published: [], failures: [codeOf(error)] };
    }
  }

  async #outcome(steps: Steps<unknown>): Promise<Done> {
    try {
      await this.#run(steps);
      return { published: [], failures: [] };
    } catch (error) {
      return { published: [], failures: [codeOf(error)] };
    }
  }

  async #run<T>(steps: Steps<T>): Promise<T> {
    for (let next = steps.next(); ; ) {
      if (next.done) return next.value;
      const step = next.value;
      const failure = await this.#do(step).then(() => undefined, (error: unknown) => ({ error }));
      if (failure && !(failure.error instanceof DiskError)) throw failure.error;
      if (!failure) applyStep(this.#tree, step);
      next = failure ? steps.throw(new DiskFailed()) : steps.next();
    }
  }

  async #do(step: Step): Promise<void> {
    if (step.kind === "truncateLog") return this.#truncate(step.lsn);
    const path = pathOf(step.name);
    switch (step.kind) {
      case "create":
        return void this.#open.set(step.name, await this.#disk.create(path));
      case "write":
        return void (await this.#fileOf(step.name).write(0, step.bytes));
      case "sync":
        return this.#fileOf(step.name).sync();
      case "rename":
        return this.#disk.rename(path, pathOf(step.target));
      case "makeDirectory":
      case "removeDirectory":
      case "syncDirectory":
      case "remove":
        return this.#disk[step.kind](path);
    }
  }

  #fileOf(name: string): File {
    const file = this.#open.get(name);
    if (!file) throw new Error(`${name} is not open`);
    return file;
  }
}

function codeOf(error: unknown): string {
  if (error instanceof ModelRefusal) return error.code;
  if (error instanceof DiskFailed) return "CHECKPOINT_IO";
  throw error;
}
