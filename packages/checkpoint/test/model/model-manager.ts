import { chainVerifies, DiskFailed, METADATA, type ModelSurvey, nameOf, STATE, type Step, type Steps, surveyTree, type Tree } from "./model-directory.ts";
import { counts, LOG_ID, type LogOnDisk } from "./model-log.ts";
import { checksumOf, encodeModelMetadata, type ModelMetadata, type ModelPart } from "./model-metadata.ts";
import { type ModelPlan, planModel, usableIn } from "./model-retention.ts";
import type { Rules } from "./rules.ts";
import { decodePart, encodePart, stateOf } from "./state-bytes.ts";

/** What the program asks to be published. */
export interface Cut {
  readonly walPosition: number;
  readonly epoch: number | undefined;
  readonly keyCount: number;
  /** The checkpoint of this manager that its changes are counted from. */
  readonly countedFrom: number | undefined;
  part(kind: "full" | "delta"): Uint8Array;
}

export interface Policy {
  readonly maxRetained: number;
  readonly maxChainLength: number;
  readonly maxDeltaRatio: number;
}

export interface Weather {
  unreadable: number | undefined;
}

export interface ModelOptions extends Policy {
  readonly rules: Rules;
  readonly timestamp: number;
  /** The checkpoint that can't be read at the moment, if there is one; until the action is done. */
  readonly weather: Weather;
}

/** A refusal that changes nothing; `code` as the manager's errors have it. */
export class ModelRefusal extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** What the last round of clean-up did. */
export interface ModelReport {
  readonly removed: readonly number[];
  /** What stays, newest first, each id with the reason. */
  readonly kept: readonly string[];
  readonly floor: number;
  readonly failed: boolean;
}

/** What a delta may build on: the state that captures know by an id, and the chain that holds it. */
interface Base {
  readonly stateOf: number;
  readonly chain: readonly ModelPart[];
}

const NOTHING_DONE: ModelReport = { removed: [], kept: [], floor: 0, failed: true };

/** The rules of the manager, as the steps that it does to the disk and to the log. */
export class ModelManager {
  readonly #tree: Tree;
  readonly #log: LogOnDisk;
  readonly #options: ModelOptions;
  #nextId = 1;
  /** From it on, ids are this manager's own. */
  #firstOwnId = 1;
  /** Ids whose publish failed and couldn't be taken back yet. */
  readonly #unpublished: Set<number> = new Set();
  /** What this manager published last. */
  #own: Base | undefined;
  epoch = 0;
  latestId: number | undefined;
  report: ModelReport | undefined;

  private constructor(tree: Tree, log: LogOnDisk, options: ModelOptions) {
    this.#tree = tree;
    this.#log = log;
    this.#options = options;
  }

  static *open(tree: Tree, exists: boolean, log: LogOnDisk, options: ModelOptions): Steps<ModelManager> {
    const manager = new ModelManager(tree, log, options);
    if (exists) yield { kind: "syncDirectory", name: ".." };
    else yield* manager.#makePlace();
    if (options.rules.openSyncs) yield { kind: "syncDirectory", name: "" };
    const survey = manager.#survey();
    manager.#firstOwnId = manager.#nextId = survey.highestId + 1;
    manager.epoch = survey.ids.flatMap((id) => survey.metadata.get(id) ?? [])[0]?.epoch ?? 0;
    manager.latestId = manager.#latest();
    if (yield* attempt(manager.#sweep())) manager.report = NOTHING_DONE;
    return manager;
  }

  *#makePlace(): Steps<void> {
    yield { kind: "makeDirectory", name: "" };
    try {
      yield { kind: "syncDirectory", name: ".." };
    } catch (error) {
      yield* attempt(one({ kind: "removeDirectory", name: "" }));
      throw error;
    }
  }

  get floor(): number {
    return this.#plan(this.#options.maxRetained).floor;
  }

  /** Ids whose metadata verify, newest first. */
  get listed(): readonly number[] {
    const { ids, metadata } = this.#survey();
    return ids.filter((id) => metadata.has(id));
  }

  get newestUsable(): number | undefined {
    return this.#latest();
  }

  #survey(): ModelSurvey {
    const { weather, rules } = this.#options;
    const found = surveyTree(this.#tree, this.#unpublished);
    const { unreadable } = weather;
    if (unreadable === undefined || !found.ids.includes(unreadable)) return found;
    if (rules.readErrorsPostpone) throw new DiskFailed();
    const without = <T>(map: ReadonlyMap<number, T>): Map<number, T> => new Map([...map].filter(([id]) => id !== unreadable));
    return { ...found, metadata: without(found.metadata), whole: without(found.whole), states: without(found.states) };
  }

  #plan(keep: number): ModelPlan {
    return planModel(this.#survey(), this.#log.durable, keep, this.#options.rules, this.#firstOwnId);
  }

  #latest(): number | undefined {
    return usableIn(this.#survey(), this.#log.durable, this.#options.rules)[0]?.id;
  }

  *create(cut: Cut): Steps<ModelMetadata> {
    const log = this.#log;
    if (cut.walPosition > log.durable.lastLsn) throw new ModelRefusal("CHECKPOINT_NOT_DURABLE");
    if (!counts(log.durable, cut.walPosition)) throw new ModelRefusal("RangeError");
    const chain = this.#chainFor(cut);
    const metadata = yield* this.#publish({
      epoch: cut.epoch ?? this.epoch,
      walPosition: cut.walPosition,
      keyCount: cut.keyCount,
      offset: BigInt(cut.walPosition),
      chain,
      state: cut.part(chain.length > 0 ? "delta" : "full"),
    });
    this.epoch = metadata.epoch;
    this.#own = { stateOf: metadata.id, chain: metadata.chain };
    yield* this.#cleanUp(this.#options.maxRetained, metadata.id);
    return metadata;
  }

  /** The chain that the next checkpoint continues; none when a full one is due. */
  #chainFor({ countedFrom }: Cut): readonly ModelPart[] {
    const { rules, maxChainLength, maxDeltaRatio } = this.#options;
    if (maxChainLength === 1) return [];
    const survey = surveyTree(this.#tree);
    const newest = usableIn(survey, this.#log.durable, rules)[0];
    const base = rules.deltaOnOwn ? this.#own : newest && { stateOf: countedFrom, chain: newest.chain };
    if (!base || (rules.deltaOnCounted && countedFrom !== base.stateOf)) return [];
    if (rules.deltaOnVerified && !chainVerifies(base.chain, survey, rules)) return [];
    if (rules.chainLengthBound && base.chain.length >= maxChainLength) return [];
    const [full = 0, ...deltas] = base.chain.map(({ size }) => size);
    const weight = deltas.reduce((sum, size) => sum + size, 0);
    return rules.deltasWeighed && weight > maxDeltaRatio * full ? [] : base.chain;
  }

  /** The newest usable checkpoint's state and cut once more, as a full one. */
  *compact(): Steps<ModelMetadata | undefined> {
    const newest = usableIn(this.#survey(), this.#log.durable, this.#options.rules)[0];
    if (!newest || newest.chain.length === 1) return newest;
    const parts = newest.chain.map(({ id }) => decodePart(this.#tree.get(nameOf("checkpoint", id))?.get(STATE) ?? new Uint8Array(0)));
    const metadata = yield* this.#publish({ ...newest, chain: [], state: encodePart("full", stateOf(parts)) });
    if (this.#own?.chain.at(-1)?.id === newest.id) this.#own = { ...this.#own, chain: metadata.chain };
    yield* this.#cleanUp(this.#options.maxRetained, metadata.id);
    return metadata;
  }

  *#publish({ epoch, walPosition, keyCount, offset, chain, state }: Pick<ModelMetadata, "epoch" | "walPosition" | "keyCount" | "offset" | "chain"> & { readonly state: Uint8Array }): Steps<ModelMetadata> {
    const id = this.#nextId++;
    const metadata: ModelMetadata = {
      id,
      epoch,
      timestamp: this.#options.timestamp,
      walPosition,
      walId: LOG_ID,
      keyCount,
      parentId: this.latestId ?? null,
      offset,
      chain: [...chain, { id, size: state.length, checksum: checksumOf(state) }],
    };
    yield* this.#place(id, state, encodeModelMetadata(metadata));
    this.latestId = id;
    return metadata;
  }

  *#place(id: number, state: Uint8Array, metadata: Uint8Array): Steps<void> {
    const { rules } = this.#options;
    const [temporary, final] = [nameOf("tmp", id), nameOf("checkpoint", id)];
    yield { kind: "makeDirectory", name: temporary };
    try {
      yield* this.#write(`${temporary}/${STATE}`, state);
      yield* this.#write(`${temporary}/${METADATA}`, metadata);
      yield* this.#syncBuilt(temporary);
      yield { kind: "rename", name: temporary, target: final };
    } catch (error) {
      yield* attempt(this.#empty(temporary));
      throw error;
    }
    if (!rules.publishSynced) return;
    try {
      yield { kind: "syncDirectory", name: "" };
    } catch (error) {
      if (rules.failedPublishWithdrawn) {
        this.#unpublished.add(id);
        yield* attempt(this.#takeBack());
      }
      throw error;
    }
  }

  *#takeBack(): Steps<void> {
    const failures = new Failures();
    for (const id of this.#unpublished) {
      const name = nameOf("checkpoint", id);
      const failed = this.#tree.has(name) && (yield* failures.note(one({ kind: "rename", name, target: this.#trashName(id) })));
      if (!failed) this.#unpublished.delete(id);
    }
    yield* failures.note(one({ kind: "syncDirectory", name: "" }));
    failures.throwFirst();
  }

  /** A name that nothing has. */
  #trashName(id: number): string {
    const name = nameOf("trash", id);
    if (!this.#tree.has(name)) return name;
    let number = 1;
    while (this.#tree.has(`${name}_${number}`)) number++;
    return `${name}_${number}`;
  }

  *#write(name: string, bytes: Uint8Array): Steps<void> {
    yield { kind: "create", name };
    yield { kind: "write", name, bytes };
  }

  /** All at once, so that one that fails keeps no other one back. */
  *#syncBuilt(temporary: string): Steps<void> {
    const { rules } = this.#options;
    const failures = new Failures();
    const files = rules.contentSynced ? [STATE, METADATA] : [];
    for (const file of files) yield* failures.note(one({ kind: "sync", name: `${temporary}/${file}` }));
    if (rules.directorySynced) yield* failures.note(one({ kind: "syncDirectory", name: temporary }));
    failures.throwFirst();
  }

  /** One round; after an own publish the log goes too. */
  *#cleanUp(keep: number, published?: number): Steps<void> {
    const { rules } = this.#options;
    this.report = NOTHING_DONE;
    try {
      const [survey, plan] = [this.#survey(), this.#plan(keep)];
      const isDue = published === undefined || !rules.publishedKeptFirst || plan.kept.some(({ id }) => id === published);
      // Without anything kept, nothing is needed either.
      const due = plan.kept.length === 0 && !rules.publishedKeptFirst ? survey.ids : plan.remove;
      const failed = isDue && (yield* attempt(this.#remove(due))) !== undefined;
      const removed = isDue ? due.filter((id) => !surveyTree(this.#tree, this.#unpublished).ids.includes(id)) : [];
      this.report = { removed, kept: keptAfter(survey, plan, removed), floor: plan.floor, failed };
      if (isDue && published !== undefined && plan.floor > 0) yield { kind: "truncateLog", lsn: plan.floor + 1 };
    } catch (error) {
      if (!(error instanceof DiskFailed)) throw error;
      this.report = { ...this.report, failed: true };
    }
  }

  *#remove(ids: readonly number[]): Steps<void> {
    const failures = new Failures();
    const moved: { readonly name: string; readonly target: string }[] = [];
    const inOrder = [...ids].sort((a, b) => (this.#options.rules.newestWithdrawnFirst ? b - a : a - b));
    for (const id of inOrder) {
      const rename = { name: nameOf("checkpoint", id), target: this.#trashName(id) };
      if (!(yield* failures.note(one({ kind: "rename", ...rename })))) moved.push(rename);
    }
    try {
      if (ids.length > 0 && this.#options.rules.withdrawalDurableFirst) yield { kind: "syncDirectory", name: "" };
    } catch (error) {
      // Another sync of the same renames would prove nothing.
      for (const { name, target } of moved) yield* attempt(one({ kind: "rename", name: target, target: name }));
      throw error;
    }
    failures.throwFirst();
    yield* this.#sweep();
  }

  *#sweep(): Steps<void> {
    const { rules } = this.#options;
    const failures = new Failures();
    if (this.#unpublished.size > 0) yield* failures.note(this.#takeBack());
    const { ids, leftovers, highestId } = surveyTree(this.#tree, this.#unpublished);
    const names = leftovers.map(({ name }) => name).sort();
    const stays = ids.includes(highestId) ? undefined : names.find((name) => leftovers.some((leftover) => leftover.name === name && leftover.id === highestId));
    const due = names.filter((name) => !name.startsWith("checkpoint_"));
    if (due.length > 0 && rules.withdrawalDurableFirst) yield { kind: "syncDirectory", name: "" };
    for (const name of due) yield* failures.note(this.#removeLeftover(name, rules.highestIdStays && name === stays));
    failures.throwFirst();
  }

  *#removeLeftover(name: string, nameStays: boolean): Steps<void> {
    yield* this.#empty(name);
    if (!nameStays) yield { kind: "removeDirectory", name };
  }

  *#empty(directory: string): Steps<void> {
    for (const name of this.#tree.get(directory)?.keys() ?? []) yield { kind: "remove", name: `${directory}/${name}` };
  }

  *delete(id: number): Steps<void> {
    if (!this.#survey().ids.includes(id)) throw new ModelRefusal("CHECKPOINT_NOT_FOUND");
    const usable = usableIn(this.#survey(), this.#log.durable, this.#options.rules);
    const isUsed = usable.some((point) => point.id !== id && point.chain.some((part) => part.id === id));
    const isUsable = usable.some((point) => point.id === id);
    const isAnotherEnough = usable.some((point) => point.id !== id && (!this.#options.rules.ownKeptFirst || point.id >= this.#firstOwnId));
    if (isUsed || (isUsable && !isAnotherEnough && this.#log.durable.startsAfter > 0)) throw new ModelRefusal("CHECKPOINT_IN_USE");
    yield* this.#remove([id]);
    this.latestId = this.#latest();
  }

  /** By hand: as far as the manager says. */
  *truncateLog(): Steps<void> {
    if (this.floor > 0) yield { kind: "truncateLog", lsn: this.floor + 1 };
  }

  *cleanup(keep: number): Steps<readonly number[]> {
    yield* this.#cleanUp(keep);
    if (this.report?.failed !== false) throw new DiskFailed();
    return this.report.removed;
  }
}

/** Why each checkpoint that is left stays. */
function keptAfter(survey: ModelSurvey, { kept, needed, remove }: ModelPlan, removed: readonly number[]): readonly string[] {
  const points = new Set(kept.map(({ id }) => id));
  const reasonOf = (id: number): string => {
    if (points.has(id)) return "restore-point";
    if (needed.has(id)) return "needed";
    if (kept.length === 0) return "nothing-usable";
    return survey.whole.has(id) || remove.includes(id) ? "not-removed" : "damaged";
  };
  return survey.ids.filter((id) => !removed.includes(id)).map((id) => `${id} ${reasonOf(id)}`);
}

function* one(step: Step): Steps<void> {
  yield step;
}

/** The first failure of several steps is thrown after all were tried. */
class Failures {
  #first: DiskFailed | undefined;

  /** True when it failed. */
  *note(steps: Steps<unknown>): Steps<boolean> {
    const failure = yield* attempt(steps);
    this.#first ??= failure;
    return failure !== undefined;
  }

  throwFirst(): void {
    if (this.#first) throw this.#first;
  }
}

/** Does it; a failure of the disk ends it and is returned. */
function* attempt(steps: Steps<unknown>): Steps<DiskFailed | undefined> {
  try {
    yield* steps;
    return undefined;
  } catch (error) {
    if (error instanceof DiskFailed) return error;
    throw error;
  }
}
