import type { SimulatedDisk } from "@laminar/disk/testing";
import { type ChangeGroup, type DurableState, openDurableState } from "@laminar/recovery";
import { isWalError, openWalReader } from "@laminar/wal";
import type { ReferenceModel } from "../reference-model.ts";
import { checkRecovery, requireEqual, textOfCut, textOfState } from "./recoveries.ts";
import type { ModelChange, ModelStep, Said } from "./steps.ts";
import type { Subject } from "./subject.ts";

const DIRECTORY = "/data";
const INTERVAL = 1000;
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const values = { encode: (value: string): Uint8Array => encoder.encode(value), decode: (bytes: Uint8Array): string => decoder.decode(bytes) };

const open = (disk: SimulatedDisk): Promise<DurableState<string, string>> => {
  const checkpoints = { interval: INTERVAL, minWalSizeForCheckpoint: 1, maxRetained: 2, maxChainLength: 2, maxDeltaRatio: 1000 };
  return openDurableState({ directory: DIRECTORY, values, checkpoints, log: { segmentSize: 1024 }, disk });
};

/** A durable state, which has to answer as the model does. */
export class DurableSubject implements Subject {
  readonly #disk: SimulatedDisk;
  readonly #model: ReferenceModel;
  #state: DurableState<string, string>;

  private constructor(disk: SimulatedDisk, model: ReferenceModel, state: DurableState<string, string>) {
    this.#disk = disk;
    this.#model = model;
    this.#state = state;
  }

  static async open(disk: SimulatedDisk, model: ReferenceModel): Promise<DurableSubject> {
    return new DurableSubject(disk, model, await open(disk));
  }

  async take(step: ModelStep): Promise<void> {
    if (step.do === "change") this.#change(this.#state, step);
    else if (step.do === "look") this.#look(step.key);
    else if (step.do === "look at all") this.#lookAtAll();
    else if (step.do === "roll back") this.#rollBack();
    else if (step.do === "commit") await this.#commit(step.said);
    else if (step.do === "group") await this.#update(step.changes, step.said, step.fails);
    else if (step.do === "at once") await this.#atOnce(step.groups, step.said);
    else if (step.do === "checkpoint") await this.#checkpoint();
    else if (step.do === "let time pass") this.#disk.advance(INTERVAL);
    else if (step.do === "recover") await checkRecovery(this.#disk, DIRECTORY, this.#model, step.asked);
    else if (step.do === "open again") await this.#openAgain();
    else if (step.do === "read" || step.do === "follow") await this.#readLog();
    else if (step.do === "go back") await this.#goBack(step.share);
  }

  async close(): Promise<void> {
    await this.#state.close();
    requireEqual(this.#state.lastCheckpointError, undefined, "the last checkpoint's error");
  }

  #change(group: ChangeGroup<string, string>, { key, value }: ModelChange): void {
    const model = this.#model;
    const was = model.state.has(key);
    if (value !== undefined) group.put(key, value);
    else requireEqual(group.delete(key), was, `deleting ${key}`);
    if (was || value !== undefined) model.stage(key, value);
  }

  #look(key: string): void {
    const { state } = this.#model;
    requireEqual(this.#state.get(key), state.get(key), `the value of "${key}"`);
    requireEqual(this.#state.has(key), state.has(key), `having "${key}"`);
    requireEqual(this.#state.size, state.size, "the size");
  }

  #lookAtAll(): void {
    const { state, last } = this.#model;
    requireEqual(textOfState(this.#state.entries()), textOfState(state), "the state");
    const { offsets, watermark } = this.#state;
    requireEqual(textOfCut({ ...last, offsets, watermark }), textOfCut(last), "the cut");
  }

  #rollBack(): void {
    this.#state.rollback();
    this.#model.rollback();
  }

  /** In the model, what a commit of the staged changes does. */
  #expectCommit({ offsets, watermark }: Said): void {
    const model = this.#model;
    const { last, staged } = model;
    const moves = [...offsets].some(([source, offset]) => offset > (last.offsets.get(source) ?? -1n)) || (watermark ?? -1n) > (last.watermark ?? -1n);
    if (staged.size === 0 && !moves) return;
    for (const [key, value] of staged) model.record(`${key}=${value ?? "-"}`);
    model.record("commit");
    model.commit(offsets, watermark);
  }

  /** Takes effect in this turn; settles when it is durable. */
  async #commit(said: Said): Promise<void> {
    const committed = this.#state.commit(said);
    this.#expectCommit(said);
    const { last } = this.#model;
    const { walPosition, sourceOffsets = new Map<string, bigint>(), watermark } = await committed;
    const found = { lsn: walPosition, state: last.state, offsets: sourceOffsets as ReadonlyMap<string, bigint>, watermark: watermark as bigint | undefined };
    requireEqual(textOfCut(found), textOfCut(last), "the point of the commit");
  }

  /** Its group is over what is committed: what is staged meanwhile waits. */
  async #update(changes: readonly ModelChange[], said: Said, fails: boolean): Promise<void> {
    const model = this.#model;
    const { staged } = model;
    const failure = new Error("the function failed");
    const updated = this.#state.update((group) => {
      model.rollback();
      for (const change of changes) this.#change(group, change);
      for (const { key } of changes) requireEqual(group.get(key), model.state.get(key), `the group's "${key}"`);
      if (fails) throw failure;
      return changes.length;
    }, said);
    if (fails) requireEqual(await updated.catch((error: unknown) => error), failure, "what a failed update gives");
    else requireEqual(await updated, changes.length, "what an update gives");
    if (fails) model.rollback();
    else this.#expectCommit(said);
    for (const [key, value] of staged) model.stage(key, value);
  }

  /** Several callers, of which each stages and commits in one turn. */
  async #atOnce(groups: readonly (readonly ModelChange[])[], said: Said): Promise<void> {
    await Promise.all(
      groups.map((changes) => {
        for (const change of changes) this.#change(this.#state, change);
        return this.#commit(said);
      }),
    );
    this.#lookAtAll();
  }

  async #checkpoint(): Promise<void> {
    const { walPosition } = await this.#state.checkpoint();
    requireEqual(walPosition, this.#model.last.lsn, "the position of the checkpoint");
  }

  async #openAgain(): Promise<void> {
    await this.close();
    this.#model.rollback();
    this.#state = await open(this.#disk);
    this.#lookAtAll();
  }

  /** Beside a checkpoint that may let the beginning of the log go meanwhile. */
  async #readLog(): Promise<void> {
    const reader = await openWalReader(`${DIRECTORY}/log`, { disk: this.#disk });
    const { startsAfter: after } = reader;
    const found: string[] = [];
    try {
      for await (const { lsn, entry } of reader.entries({ after, unproven: true })) {
        const { type } = entry;
        found.push(`${lsn}: ${type === "put" || type === "delete" ? `${decoder.decode(entry.key)}=${type === "put" ? decoder.decode(entry.value) : "-"}` : type}`);
      }
      const expected = this.#model.records.filter(({ lsn }) => lsn > after).map(({ lsn, text }) => `${lsn}: ${text}`);
      requireEqual(found.join(", "), expected.join(", "), "what is read");
    } catch (error) {
      if (!isWalError(error, "WAL_TRUNCATED")) throw error;
    } finally {
      await reader.close();
    }
  }

  /** A point in time becomes the present. */
  async #goBack(share: number): Promise<void> {
    await this.close();
    const cut = await checkRecovery(this.#disk, DIRECTORY, this.#model, { kind: "lsn", share }, { repairWal: true });
    if (cut) this.#model.fence(cut.lsn);
    await this.#openAgain();
  }
}
