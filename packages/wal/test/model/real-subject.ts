import type { Operation, SimulatedDisk } from "@laminar/disk/testing";
import { vi } from "vitest";
import { isWalError, openWal, type WalEntry, type WalEntryInput, type WriteAheadLog } from "../../src/index.ts";
import { seeded } from "../logs.ts";
import { rest } from "../settling.ts";
import { Lockstep } from "./lockstep.ts";
import { ModelWriter, type ModelOptions, Refused } from "./model-writer.ts";
import { readModel } from "./model-reader.ts";
import { isSame, REFUSALS } from "./readers.ts";
import { RULES, type Rules } from "./rules.ts";
import { type Action, DIRECTORY, type Groups, type Outcome, type Subject, stepsOf } from "./subject.ts";

export const SEGMENT_SIZE = 1024;
export const MAX_BATCH_SIZE = 900;

/** Salts that repeat with `seed`, for the model; `useSalts` gives the same to the log. */
export const saltsOf = (seed: number): (() => number) => {
  const random = seeded(seed);
  return () => Math.floor(random() * 2 ** 32);
};

export const LOG_ID = "000102030405060708090a0b0c0d0e0f";

/** From here on logs draw the same salts as `saltsOf(seed)` gives, and always the same log id. */
export function useSalts(seed: number, logId: string = LOG_ID): void {
  const next = saltsOf(seed);
  vi.spyOn(globalThis.crypto, "getRandomValues").mockImplementation((array) => {
    if (array instanceof Uint32Array) array[0] = next();
    else if (array instanceof Uint8Array) array.set(Buffer.from(logId, "hex").subarray(0, array.length));
    return array;
  });
}

/** The log that a program opens, in step with the model. Throws for the first thing that they do differently. */
export class LockstepSubject implements Subject {
  readonly #disk: SimulatedDisk;
  readonly #lockstep: Lockstep;
  readonly #options: ModelOptions;
  #log: WriteAheadLog<WalEntry, WalEntryInput> | undefined;
  #model: ModelWriter | undefined;
  #onSync: (() => void) | undefined;

  constructor(disk: SimulatedDisk, seed: number, rules: Rules) {
    useSalts(seed);
    this.#disk = disk;
    this.#lockstep = new Lockstep(disk);
    this.#options = { rules, segmentSize: SEGMENT_SIZE, maxBatchSize: MAX_BATCH_SIZE, salt: saltsOf(seed), newLogId: () => LOG_ID };
  }

  get startsAfter(): number {
    return this.#log?.startsAfter ?? 0;
  }

  get lastLsn(): number {
    return this.#log?.lastLsn ?? 0;
  }

  get durableLsn(): number {
    return this.#log?.durableLsn ?? 0;
  }

  get nextLsn(): number {
    return this.#model?.nextLsn ?? 1;
  }

  get operations(): number {
    return this.#lockstep.operations;
  }

  concerns(operation: Operation): boolean {
    return this.#lockstep.concerns(operation);
  }

  observe(operation: Operation, outcome: Outcome): void {
    this.#lockstep.compareFiles(`before operation ${operation.index}`);
    this.#lockstep.operation(operation, outcome);
    if (operation.kind === "sync") this.#onSync?.();
  }

  async open(): Promise<void> {
    const exists = this.#disk.killed().directories.has(DIRECTORY);
    this.#lockstep.begin(ModelWriter.open(this.#lockstep.files, exists, this.#options));
    const real = await openWal(DIRECTORY, {
      disk: this.#disk,
      segmentSize: SEGMENT_SIZE,
      maxBatchSize: MAX_BATCH_SIZE,
      syncInterval: Number.POSITIVE_INFINITY,
    }).then((log) => ({ log }), (error: unknown) => ({ error }));
    this.#lockstep.end();
    this.#requireAgreement();
    const model = this.#lockstep.outcome;
    if ("log" in real) {
      this.#log = real.log;
      if (model && "value" in model && model.value instanceof ModelWriter) this.#model = model.value;
      else this.#fail("the log opens, the model doesn't");
      this.#requireSameState();
      await this.#requireSameRecords(real.log);
      return;
    }
    if (model && "value" in model) this.#fail(`the model opens, the log says ${String(real.error)}`);
    if (model?.error instanceof Refused && isWalError(real.error) && REFUSALS[real.error.code] !== model.error.why) this.#fail(`the model refuses with ${model.error.why}`);
    throw real.error;
  }

  async perform(action: Action): Promise<void> {
    const [log, model] = [this.#log, this.#model];
    if (!log || !model) throw new Error("not open");
    this.#lockstep.begin(stepsOf(model, action));
    const failure = await this.#act(log, action).then(() => undefined, (error: unknown) => ({ error }));
    this.#lockstep.end();
    this.#requireAgreement();
    const outcome = this.#lockstep.outcome;
    if (outcome && "error" in outcome !== (failure !== undefined)) this.#fail(`the log ${failure ? `fails: ${String(failure.error)}` : "goes on"}, the model doesn't`);
    if (failure) throw failure.error;
    this.#requireSameState();
  }

  async #act(log: WriteAheadLog<WalEntry, WalEntryInput>, action: Action): Promise<void> {
    switch (action.kind) {
      case "append":
        for (const group of action.groups) log.appendAll(group);
        await log.sync();
        return;
      case "group commit":
        await this.#commitGroups(log, action.first, action.second);
        return;
      case "truncateAfter":
        await log.truncateAfter(action.lsn);
        return;
      case "truncateBefore":
        await log.truncateBefore(action.lsn);
        return;
      case "rest":
        this.#disk.advance(1000);
        await rest(4);
        await log.ready();
        return;
      case "close":
        await log.close();
    }
  }

  /** The second is appended while the first is being synced. */
  async #commitGroups(log: WriteAheadLog<WalEntry, WalEntryInput>, first: Groups, second: Groups): Promise<void> {
    let synced: Promise<unknown> | undefined;
    for (const group of first) log.appendAll(group);
    this.#onSync = () => {
      this.#onSync = undefined;
      for (const group of second) log.appendAll(group);
      synced = log.sync();
      // Awaited below, unless the first fails before.
      synced.catch(() => undefined);
    };
    await log.sync();
    await synced;
  }

  #requireSameState(): void {
    this.#requireAgreement();
    const [log, model] = [this.#log, this.#model];
    const real = [log?.startsAfter, log?.lastLsn, log?.durableLsn];
    const other = [model?.startsAfter, model?.lastLsn, model?.durableLsn];
    if (real.join() !== other.join()) this.#fail(`the log says ${real.join()}, the model ${other.join()}`);
  }

  /** What the log itself gives is what the model reads of its files. */
  async #requireSameRecords(log: WriteAheadLog<WalEntry, WalEntryInput>): Promise<void> {
    const read = readModel(this.#lockstep.files, RULES);
    const expected = read.kind === "log" ? read.batches : [];
    let at = 0;
    for await (const { firstLsn, session, entries } of log.read()) {
      const batch = expected[at++];
      const isSameBatch = batch?.firstLsn === firstLsn && batch.session === session && batch.entries.length === entries.length;
      if (!isSameBatch || !entries.every((entry, i) => isSame(entry, batch.entries[i]))) this.#fail(`the log gives another batch at ${firstLsn}`);
    }
    if (at !== expected.length) this.#fail(`the log gives ${at} batches, the model ${expected.length}`);
  }

  #requireAgreement(): void {
    if (this.#lockstep.disagreement !== undefined) this.#fail(this.#lockstep.disagreement);
  }

  #fail(what: string): never {
    throw new Error(`disagreement: ${what}`);
  }
}
