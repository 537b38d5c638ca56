import { type IncrementalCheckpointManager, openCheckpointManager } from "@laminar/checkpoint";
import type { SimulatedDisk } from "@laminar/disk/testing";
import { applyRecovered, recover } from "@laminar/recovery";
import { createStateStore, mergeSnapshots, type StateStore } from "@laminar/state-snapshot";
import { openWal, type WalEntry, type WalEntryInput, type WriteAheadLog } from "@laminar/wal";
import type { ModelCut, ReferenceModel } from "../reference-model.ts";
import { checkRecovery, foundCut, requireEqual, textOfCut, textOfState } from "./recoveries.ts";
import type { ModelChange, ModelStep, Said } from "./steps.ts";
import type { Subject } from "./subject.ts";

const DIRECTORY = "/data";
const LOG = `${DIRECTORY}/log`;
const CHECKPOINTS = `${DIRECTORY}/checkpoints`;
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const bytes = (text: string): Uint8Array => encoder.encode(text);
const text = (of: Uint8Array): string => decoder.decode(of);

const entryOf = ({ key, value }: ModelChange): WalEntryInput => (value === undefined ? { type: "delete", key: bytes(key) } : { type: "put", key: bytes(key), value: bytes(value) });
const commitOf = ({ offsets, watermark }: Said): WalEntryInput => ({ type: "commit", offsets, watermark });
const words = (offsets: Iterable<readonly [string, bigint]>, watermark: bigint | undefined): string => `commit ${[...offsets].map(([source, offset]) => `${source}:${offset}`).join(" ")} ${watermark ?? "-"}`;

function textOfEntry(entry: WalEntry): string {
  if (entry.type === "put") return `${text(entry.key)}=${text(entry.value)}`;
  if (entry.type === "delete") return `${text(entry.key)}=-`;
  return entry.type === "commit" ? words(entry.offsets, entry.watermark) : entry.type;
}

interface Opened {
  readonly log: WriteAheadLog<WalEntry, WalEntryInput>;
  readonly checkpoints: IncrementalCheckpointManager;
  /** As of the last commit. */
  readonly store: StateStore;
  readonly cut: ModelCut;
}

async function open(disk: SimulatedDisk): Promise<Opened> {
  const recovered = await recover({ checkpointDir: CHECKPOINTS, walDir: LOG, disk });
  const log = await openWal(LOG, { disk, segmentSize: 1024, maxBatchSize: 300, syncInterval: Number.POSITIVE_INFINITY });
  const policy = { maxRetained: 2, maxChainLength: 3, maxDeltaRatio: 1000 };
  const checkpoints = await openCheckpointManager({ directory: CHECKPOINTS, disk, log, merge: mergeSnapshots, ...policy });
  const store = createStateStore();
  applyRecovered(recovered, store);
  return { log, checkpoints, store, cut: foundCut(recovered) };
}

/** Log, store and checkpoints put together by hand, which have to answer as the model does. What isn't committed is in the log already. */
export class ByHandSubject implements Subject {
  readonly #disk: SimulatedDisk;
  readonly #model: ReferenceModel;
  #opened: Opened;

  private constructor(disk: SimulatedDisk, model: ReferenceModel, opened: Opened) {
    this.#disk = disk;
    this.#model = model;
    this.#opened = opened;
  }

  static async open(disk: SimulatedDisk, model: ReferenceModel): Promise<ByHandSubject> {
    return new ByHandSubject(disk, model, await open(disk));
  }

  async take(step: ModelStep): Promise<void> {
    if (step.do === "change") this.#append(step);
    else if (step.do === "look") this.#look(step.key);
    else if (step.do === "look at all") this.#lookAtAll();
    else if (step.do === "roll back") await this.#fence();
    else if (step.do === "commit") await this.#commit([], step.said);
    else if (step.do === "group") await this.#commit(step.changes, step.said);
    else if (step.do === "at once") await Promise.all(step.groups.map((changes) => this.#commit(changes, step.said)));
    else if (step.do === "checkpoint") await this.#checkpoint();
    else if (step.do === "upkeep") await this.#upkeep();
    else if (step.do === "let time pass") await this.#opened.log.truncateBefore((await this.#opened.checkpoints.oldestWalPosition()) + 1);
    else if (step.do === "recover") await checkRecovery(this.#disk, DIRECTORY, this.#model, step.asked);
    else if (step.do === "open again") await this.#openAgain();
    else if (step.do === "read") await this.#read(step.share);
    else if (step.do === "follow") await this.#follow();
    else if (step.do === "go back") await this.#goBack(step.share);
  }

  async close(): Promise<void> {
    await this.#opened.checkpoints.close();
    await this.#opened.log.close();
  }

  #note({ key, value }: ModelChange): number {
    this.#model.stage(key, value);
    return this.#model.record(`${key}=${value ?? "-"}`);
  }

  #append(change: ModelChange): void {
    requireEqual(this.#opened.log.append(entryOf(change)), this.#note(change), "the number of a record");
  }

  #look(key: string): void {
    const { store } = this.#opened;
    const { state } = this.#model.last;
    const value = store.get(bytes(key));
    requireEqual(value && text(value), state.get(key), `the value of "${key}"`);
    requireEqual(store.has(bytes(key)), state.has(key), `having "${key}"`);
    requireEqual(store.size, state.size, "the size");
  }

  #lookAtAll(): void {
    const entries = Array.from(this.#opened.store.entries(), ([key, value]) => [text(key), text(value)] as const);
    requireEqual(textOfState(entries), textOfState(this.#model.last.state), "the state");
  }

  /** Covers what was appended before in this session, too. Takes effect in this turn; settles when it is durable. */
  async #commit(changes: readonly ModelChange[], said: Said): Promise<void> {
    const { log, store } = this.#opened;
    const model = this.#model;
    const lsn = log.appendAll([...changes.map(entryOf), commitOf(said)]);
    for (const change of changes) this.#note(change);
    requireEqual(lsn, model.record(words(said.offsets, said.watermark)), "the number of a commit");
    for (const [key, value] of model.staged) {
      if (value !== undefined) store.put(bytes(key), bytes(value));
      else requireEqual(store.delete(bytes(key)), model.last.state.has(key), `deleting ${key}`);
    }
    model.commit(said.offsets, said.watermark);
    requireEqual((await log.sync()) >= lsn && log.durableLsn >= lsn, true, "being durable after a sync");
  }

  /** What was appended since the last commit no longer counts. */
  async #fence(): Promise<void> {
    const { lsn } = this.#model.last;
    await this.#opened.log.truncateAfter(lsn);
    this.#model.fence(lsn);
  }

  async #checkpoint(): Promise<void> {
    const { checkpoints, store } = this.#opened;
    const { lsn: walPosition, offsets: sourceOffsets, watermark } = this.#model.last;
    const made = await checkpoints.create({ walPosition, sourceOffsets, watermark, state: store.snapshot() });
    requireEqual((await checkpoints.latest())?.id, made.id, "the newest checkpoint");
    requireEqual(checkpoints.lastCleanup?.error, undefined, "the clean-up's error");
  }

  async #upkeep(): Promise<void> {
    const { checkpoints } = this.#opened;
    const before = await checkpoints.latest();
    requireEqual((await checkpoints.compact())?.walPosition, before?.walPosition, "the position after a compaction");
    await checkpoints.cleanup(1);
  }

  async #openAgain(): Promise<void> {
    await this.close();
    this.#model.rollback();
    this.#opened = await open(this.#disk);
    requireEqual(textOfCut(this.#opened.cut), textOfCut(this.#model.last), "what is found");
    this.#lookAtAll();
  }

  /** The records from one that counts, or from the first one that is held. */
  #from(share: number): { readonly after: number; readonly expected: readonly string[] } {
    const { startsAfter } = this.#opened.log;
    const held = this.#model.records.filter(({ lsn }) => lsn > startsAfter);
    const from = Math.floor(share * (held.length + 1));
    return { after: held[from - 1]?.lsn ?? startsAfter, expected: held.slice(from).map((record) => `${record.lsn}: ${record.text}`) };
  }

  async #read(share: number): Promise<void> {
    const { log } = this.#opened;
    await log.sync();
    const { after, expected } = this.#from(share);
    const found: string[] = [];
    for await (const { firstLsn, entries } of log.read({ after })) found.push(...entries.map((entry, i) => `${firstLsn + i}: ${textOfEntry(entry)}`));
    requireEqual(found.join(", "), expected.join(", "), "what is read");
    const visited: number[] = [];
    const take = (lsn: number): number => visited.push(lsn);
    await log.visit?.({ put: take, delete: take, commit: take, checkpoint: take }, { after });
    requireEqual(visited.join(), expected.map((line) => Number.parseInt(line, 10)).join(), "what is visited");
  }

  /** What is appended while it is followed comes, too. */
  async #follow(): Promise<void> {
    const { log } = this.#opened;
    const { after } = this.#from(1);
    const appended = { key: "followed", value: String(after) };
    const followed = (async () => {
      for await (const { lsn, entry } of log.entries({ after, follow: true })) return `${lsn}: ${textOfEntry(entry)}`;
      return "nothing";
    })();
    this.#append(appended);
    await log.sync();
    const first = this.#model.records.find(({ lsn }) => lsn > after);
    requireEqual(await followed, `${first?.lsn}: ${first?.text}`, "what is followed");
  }

  /** A point in time becomes the present. */
  async #goBack(share: number): Promise<void> {
    await this.close();
    const cut = await checkRecovery(this.#disk, DIRECTORY, this.#model, { kind: "lsn", share }, { repairWal: true });
    if (cut) this.#model.fence(cut.lsn);
    await this.#openAgain();
  }
}
