import type { SimulatedDisk } from "@laminar/disk/testing";
import { type Disk, isWalError, openWal, type WalEntry, type WalEntryInput, type WriteAheadLog } from "../src/index.ts";
import { readLogImage } from "../src/testing/index.ts";
import { type Known, Oracle } from "./crash-oracle.ts";
import { readAll } from "./logs.ts";
import { knownOf } from "./model/crash-lives.ts";
import { outcomeOf, rest } from "./settling.ts";

export const DIRECTORY = "/log";
type Log = WriteAheadLog<WalEntry, WalEntryInput>;

/** What a call of the log gave, in the order of the calls. */
export interface Answer {
  readonly call: string;
  readonly error?: unknown;
}

/** What an image shows: the records, proven or not. */
export const recordsIn = (files: ReadonlyMap<string, Uint8Array>): Known[] => knownOf(readLogImage({ directory: DIRECTORY, files }).batches);

/** A program that uses every part of a log, knows what it was promised, and goes on after failures as a stubborn one would. */
export class FaultProgram {
  readonly disk: SimulatedDisk;
  /** What the log works on: the disk, or what stands between. */
  readonly #port: Disk;
  readonly oracle: Oracle = new Oracle();
  readonly answers: Answer[] = [];
  log: Log | undefined;
  /** Answers of a poisoned log that are not what they should be. */
  readonly wrongAnswers: string[] = [];
  isClosing = false;
  #openedAt = 0;

  constructor(disk: SimulatedDisk, port: Disk = disk) {
    this.disk = disk;
    this.#port = port;
  }

  get failures(): readonly Answer[] {
    return this.answers.filter(({ error }) => error !== undefined);
  }

  /** Two lives: each opens, works and closes. */
  async run(): Promise<void> {
    await this.open();
    if (this.log) await this.#firstLife(this.log);
    await this.close();
    await this.open();
    if (this.log) await this.#secondLife(this.log);
    await this.close();
  }

  async open(): Promise<void> {
    const opened = await this.#ask("openWal", openWal(DIRECTORY, { disk: this.#port, segmentSize: 1024, maxBatchSize: 900, syncInterval: 50 }));
    if (!opened) return;
    this.log = opened;
    this.#openedAt = this.answers.length;
    this.oracle.observe(recordsIn(this.disk.killed().files));
  }

  async #firstLife(log: Log): Promise<void> {
    this.append(log, 10);
    await this.sync(log);
    this.append(log, 30, 0, 200);
    await this.#inGroups(log);
    this.append(log, 700);
    await this.sync(log);
    this.append(log, 500);
    await this.sync(log);
    await this.truncateBefore(log, 4);
    this.append(log, 60, 60);
    await this.sync(log);
    await this.truncateAfter(log, Math.max(log.startsAfter, log.lastLsn - 1));
    this.append(log, 20);
    await this.sync(log);
    this.disk.advance(1000);
    await rest(3);
    this.append(log, 40);
    // Written by the interval, with nobody waiting.
    this.disk.advance(50);
    await rest(3);
    this.oracle.acknowledge(log.durableLsn);
    this.append(log, 40);
  }

  async #secondLife(log: Log): Promise<void> {
    this.append(log, 5, 800, 5);
    await this.sync(log);
  }

  /** Several callers at once, and one that comes while the first flush is under way. */
  async #inGroups(log: Log): Promise<void> {
    const first = [this.sync(log), this.sync(log)];
    this.append(log, 15);
    first.push(this.sync(log));
    await Promise.resolve();
    await Promise.resolve();
    this.append(log, 25);
    await Promise.all([...first, this.sync(log)]);
  }

  /** Appends one group of records with values of these lengths. */
  append(log: Log, ...lengths: readonly number[]): void {
    try {
      const group = lengths.map((length): WalEntryInput & { type: "put" } => {
        const key = new Uint8Array(4);
        new DataView(key.buffer).setUint32(0, this.oracle.nextId++);
        return { type: "put", key, value: new Uint8Array(length).fill(length % 7 === 0 ? 0 : 171) };
      });
      const last = group.length === 1 && group[0] ? log.append(group[0]) : log.appendAll(group);
      for (const [i, { key }] of group.entries()) {
        const reused = this.oracle.submit({ lsn: last - group.length + 1 + i, id: new DataView(key.buffer).getUint32(0) });
        if (reused !== undefined) throw new Error(reused);
      }
      this.answers.push({ call: "append" });
    } catch (error) {
      this.answers.push({ call: "append", error });
    }
  }

  async sync(log: Log): Promise<void> {
    const lsn = await this.#ask("sync", log.sync());
    if (lsn !== undefined) this.oracle.acknowledge(lsn);
  }

  async truncateBefore(log: Log, lsn: number): Promise<void> {
    this.oracle.dropBelow = Math.max(this.oracle.dropBelow, lsn);
    await this.#ask("truncateBefore", log.truncateBefore(lsn));
  }

  async truncateAfter(log: Log, lsn: number): Promise<void> {
    this.oracle.fence ??= lsn;
    const before = this.failures.length;
    await this.#ask("truncateAfter", log.truncateAfter(lsn));
    if (this.failures.length === before) this.oracle.fenced(lsn);
  }

  async close(): Promise<void> {
    const { log } = this;
    if (!log) return;
    await this.#askPoisoned(log);
    const submitted = this.oracle.submitted.at(-1)?.lsn ?? 0;
    const before = this.failures.length;
    this.isClosing = true;
    await this.#ask("close", log.close());
    this.isClosing = false;
    if (this.failures.length === before) this.oracle.acknowledge(submitted);
    this.log = undefined;
  }

  /** A log that failed once tells the same to whoever asks anything. */
  async #askPoisoned(log: Log): Promise<void> {
    const poison = this.#failuresOfLife[0]?.error;
    if (poison === undefined) return;
    const wrong = await wrongAnswersOf(this.disk, log, poison);
    if (wrong !== undefined) this.wrongAnswers.push(wrong);
    for (const { call, error } of this.#failuresOfLife) if (error !== poison) this.wrongAnswers.push(`${call} gave ${String(error)}`);
    await this.#readPoisoned(log);
  }

  /** What is durable can still be read, where the disk can be read. */
  async #readPoisoned(log: Log): Promise<void> {
    const outcome = await outcomeOf(this.disk, "read", readAll(log));
    if ("error" in outcome) {
      if (!isWalError(outcome.error, "WAL_IO")) this.wrongAnswers.push(`reading gave ${String(outcome.error)}`);
      return;
    }
    // A fence that failed on its way may be seen or not.
    const last = outcome.value.at(-1)?.lsn ?? log.startsAfter;
    if (last !== log.durableLsn && last !== this.oracle.fence) this.wrongAnswers.push(`reading ended with ${last}, and ${log.durableLsn} is durable`);
  }

  get #failuresOfLife(): readonly Answer[] {
    return this.answers.slice(this.#openedAt).filter(({ error }) => error !== undefined);
  }

  /** Waits for an answer; one that never comes is a failure of the test. */
  async #ask<T>(call: string, promise: Promise<T>): Promise<T | undefined> {
    const outcome = await outcomeOf(this.disk, call, promise);
    if ("value" in outcome) {
      this.answers.push({ call });
      return outcome.value;
    }
    this.answers.push({ call, error: outcome.error });
    return undefined;
  }
}

/** What is wrong with how a poisoned log answers: everybody is told the same, whatever they ask. */
export async function wrongAnswersOf(disk: SimulatedDisk, log: Log, poison: unknown): Promise<string | undefined> {
  if (!isWalError(poison, "WAL_POISONED")) return `the failure is ${String(poison)}`;
  const asked: [string, () => unknown][] = [
    ["append", () => log.append({ type: "checkpoint", id: 1 })],
    ["appendAll", () => log.appendAll([])],
    ["sync", () => log.sync()],
    ["ready", () => log.ready()],
    ["truncateBefore", () => log.truncateBefore(1)],
    ["truncateAfter", () => log.truncateAfter(log.startsAfter)],
  ];
  for (const [call, ask] of asked) {
    const outcome = await outcomeOf(disk, call, (async () => ask())());
    if (!("error" in outcome) || outcome.error !== poison) return `${call} gives ${JSON.stringify(outcome)}`;
  }
  return undefined;
}
