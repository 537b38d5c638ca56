import { dirname } from "node:path";
import { DiskError, isDiskError } from "@laminar/disk";
import type { Operation, SimulatedDisk } from "@laminar/disk/testing";
import { type ModelOptions, ModelWriter, type Step, type Steps } from "./model-writer.ts";
import { LOG_ID, MAX_BATCH_SIZE, saltsOf, SEGMENT_SIZE } from "./real-subject.ts";
import type { Rules } from "./rules.ts";
import { type Action, applyStep, changesLog, DIRECTORY, logFiles, type Subject, stepsOf } from "./subject.ts";

type File = Awaited<ReturnType<SimulatedDisk["create"]>>;

/** The model alone, on a disk: what the rules do without the log, and what one of them less does. */
export class ModelSubject implements Subject {
  readonly #disk: SimulatedDisk;
  readonly #files: Map<string, Uint8Array>;
  readonly #open: Map<string, File> = new Map();
  readonly #options: ModelOptions;
  #model: ModelWriter | undefined;

  constructor(disk: SimulatedDisk, seed: number, rules: Rules) {
    this.#disk = disk;
    this.#files = logFiles(disk.killed().files);
    this.#options = { rules, segmentSize: SEGMENT_SIZE, maxBatchSize: MAX_BATCH_SIZE, salt: saltsOf(seed), newLogId: () => LOG_ID };
  }

  get startsAfter(): number {
    return this.#model?.startsAfter ?? 0;
  }

  get lastLsn(): number {
    return this.#model?.lastLsn ?? 0;
  }

  get nextLsn(): number {
    return this.#model?.nextLsn ?? 1;
  }

  get durableLsn(): number {
    return this.#model?.durableLsn ?? 0;
  }

  concerns(operation: Operation): boolean {
    return changesLog(operation);
  }

  observe(): void {}

  async open(): Promise<void> {
    const exists = this.#disk.killed().directories.has(DIRECTORY);
    this.#model = await this.#run(ModelWriter.open(this.#files, exists, this.#options));
  }

  async perform(action: Action): Promise<void> {
    if (!this.#model) throw new Error("not open");
    await this.#run(stepsOf(this.#model, action));
  }

  async #run<T>(steps: Steps<T>): Promise<T> {
    for (let next = steps.next(); ; ) {
      if (next.done) return next.value;
      const step = next.value;
      const done = await this.#do(step).then((taken) => ({ taken: taken ?? Number.POSITIVE_INFINITY }), (error: unknown) => ({ error }));
      if ("taken" in done) applyStep(this.#files, step, done.taken);
      next = "error" in done ? steps.throw(done.error) : steps.next();
    }
  }

  /** Resolves to the bytes that were taken, of a write that may be taken in part. */
  async #do(step: Step): Promise<number | void> {
    const path = "name" in step ? pathOf(step.name) : "";
    switch (step.kind) {
      case "makeDirectory":
        return this.#disk.makeDirectory(path);
      case "create":
        return void this.#open.set(step.name, await this.#disk.create(path));
      case "write":
        return this.#write(step);
      case "sync":
        return this.#fileOf(step.name).sync();
      case "rename":
        await this.#disk.rename(path, pathOf(step.target));
        return void this.#open.set(step.target, this.#fileOf(step.name));
      case "syncDirectory":
        return this.#disk.syncDirectory(path);
      case "remove":
        for (const name of step.names) await this.#disk.remove(pathOf(name)).catch((error: unknown) => (step.mayStay ? undefined : Promise.reject(error)));
    }
  }

  #write({ name, position, bytes, taken: rule }: Step & { kind: "write" }): number {
    const file = this.#fileOf(name);
    let taken = 0;
    try {
      while (taken < bytes.length) {
        taken += file.writeSync(position + taken, bytes.subarray(taken));
        if (rule !== "in parts") break;
      }
    } catch (error) {
      if (rule !== "or not" || !isDiskError(error, "DISK_FULL")) throw error;
    }
    if (rule === "whole" && taken < bytes.length) throw new DiskError("DISK_IO", "a short write", { operation: "write", file: name });
    return taken;
  }

  #fileOf(name: string): File {
    const file = this.#open.get(name);
    if (!file) throw new Error(`${name} is not open`);
    return file;
  }
}

const pathOf = (name: string): string => (name === "" ? DIRECTORY : name === ".." ? dirname(DIRECTORY) : `${DIRECTORY}/${name}`);
