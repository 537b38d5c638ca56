import { chainVerifies, DiskFailed, METADATA, type ModelSurvey, nameOf, STATE, type Steps, surveyTree, type Tree } from "./model-directory.ts";
import { counts, LOG_ID, type LogOnDisk } from "./model-log.ts";
import { checksumOf, encodeModelMetadata, type ModelMetadata } from "./model-metadata.ts";
import { belongs, type ModelPlan, planModel, usableIn } from "./model-retention.ts";
import type { Rules } from "./rules.ts";

/** What the program asks to be published. */
export interface Cut {
  readonly walPosition: number;
  readonly epoch: number | undefined;
  readonly keyCount: number;
  /** The checkpoint that its changes are counted from. */
  readonly basedOn: number | undefined;
  part(kind: "full" | "delta"): Uint8Array;
}

export interface Policy {
  readonly maxRetained: number;
  readonly maxChainLength: number;
  readonly maxDeltaRatio: number;
}

export interface ModelOptions extends Policy {
  readonly rules: Rules;
  readonly timestamp: number;
  /** While it says so, nothing in a checkpoint can be read. */
  readonly weather: { readonly readsFail: boolean };
}

/** A refusal that changes nothing; `code` as the manager's errors have it. */
export class ModelRefusal extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** The rules of the manager, as the steps that it does to the disk and to the log. */
export class ModelManager {
  readonly #tree: Tree;
  readonly #log: LogOnDisk;
  readonly #options: ModelOptions;
  #nextId = 1;
  /** What this manager published last. */
  #own: number | undefined;
  epoch = 0;
  latestId: number | undefined;
  cleanupFailed = false;

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
    manager.#nextId = survey.highestId + 1;
    manager.epoch = survey.ids.flatMap((id) => survey.metadata.get(id) ?? [])[0]?.epoch ?? 0;
    manager.latestId = manager.#latest();
    manager.cleanupFailed = (yield* attempt(manager.#sweep())) !== undefined;
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

  #survey(): ModelSurvey {
    const { weather, rules } = this.#options;
    if (!weather.readsFail) return surveyTree(this.#tree);
    const found = surveyTree(this.#tree);
    if (rules.readErrorsPostpone && found.ids.length > 0) throw new DiskFailed();
    return { ...found, metadata: new Map(), whole: new Map() };
  }

  #plan(keep: number): ModelPlan {
    return planModel(this.#survey(), this.#log.durable, keep, this.#options.rules);
  }

  #latest(): number | undefined {
    return usableIn(this.#survey(), this.#log.durable, this.#options.rules)[0]?.id;
  }

  *create(cut: Cut): Steps<ModelMetadata> {
    const log = this.#log;
    if (cut.walPosition > log.durable.lastLsn) throw new ModelRefusal("CHECKPOINT_NOT_DURABLE");
    if (!counts(log.durable, cut.walPosition)) throw new ModelRefusal("RangeError");
    const base = this.#baseFor(cut);
    const id = this.#nextId++;
    const state = cut.part(base ? "delta" : "full");
    const metadata: ModelMetadata = {
      id,
      epoch: cut.epoch ?? this.epoch,
      timestamp: this.#options.timestamp,
      walPosition: cut.walPosition,
      walId: LOG_ID,
      keyCount: cut.keyCount,
      parentId: this.latestId ?? null,
      offset: BigInt(cut.walPosition),
      chain: [...(base?.chain ?? []), { id, size: state.length, checksum: checksumOf(state) }],
    };
    yield* this.#publish(id, state, encodeModelMetadata(metadata));
    this.#own = this.latestId = id;
    this.epoch = metadata.epoch;
    yield* this.#cleanUpAfter(id);
    return metadata;
  }

  /** What a delta would build on; `undefined` when a full one is due. */
  #baseFor({ basedOn }: Cut): ModelMetadata | undefined {
    const { rules, maxChainLength, maxDeltaRatio } = this.#options;
    if (maxChainLength === 1) return undefined;
    const survey = surveyTree(this.#tree);
    if (!rules.deltaOnOwn) return usableIn(survey, this.#log.durable, rules)[0];
    const base = survey.metadata.get(this.#own ?? -1);
    if (!base || (rules.deltaOnCounted && basedOn !== base.id)) return undefined;
    if (rules.deltaOnVerified && !(chainVerifies(base, survey, rules) && belongs(this.#log.durable, base))) return undefined;
    if (rules.chainLengthBound && base.chain.length >= maxChainLength) return undefined;
    const [full, ...deltas] = base.chain.map(({ size }) => size);
    const weight = deltas.reduce((sum, size) => sum + size, 0);
    return rules.deltasWeighed && weight > maxDeltaRatio * (full ?? 0) ? undefined : base;
  }

  *#publish(id: number, state: Uint8Array, metadata: Uint8Array): Steps<void> {
    const { rules } = this.#options;
    const [temporary, final] = [nameOf("tmp", id), nameOf("checkpoint", id)];
    yield { kind: "makeDirectory", name: temporary };
    try {
      yield* this.#write(`${temporary}/${STATE}`, state);
      yield* this.#write(`${temporary}/${METADATA}`, metadata);
      if (rules.directorySynced) yield { kind: "syncDirectory", name: temporary };
      yield { kind: "rename", name: temporary, target: final };
    } catch (error) {
      yield* attempt(this.#empty(temporary));
      throw error;
    }
    if (!rules.publishSynced) return;
    try {
      yield { kind: "syncDirectory", name: "" };
    } catch (error) {
      if (rules.failedPublishWithdrawn) yield* attempt(one({ kind: "rename", name: final, target: nameOf("trash", id) }));
      throw error;
    }
  }

  *#write(name: string, bytes: Uint8Array): Steps<void> {
    yield { kind: "create", name };
    yield { kind: "write", name, bytes };
    if (this.#options.rules.contentSynced) yield { kind: "sync", name };
  }

  *#cleanUpAfter(published: number): Steps<void> {
    const { rules, maxRetained } = this.#options;
    this.cleanupFailed = false;
    try {
      const plan = this.#plan(maxRetained);
      const isKept = plan.kept.some(({ id }) => id === published);
      if (!isKept && rules.publishedKeptFirst) return;
      // Without anything kept, nothing is needed either.
      const remove = plan.kept.length === 0 && !rules.publishedKeptFirst ? this.#survey().ids : plan.remove;
      this.cleanupFailed = (yield* attempt(this.#remove(remove))) !== undefined;
      if (plan.floor > 0) yield { kind: "truncateLog", lsn: plan.floor + 1 };
    } catch (error) {
      if (!(error instanceof DiskFailed)) throw error;
      this.cleanupFailed = true;
    }
  }

  *#remove(ids: readonly number[]): Steps<void> {
    const failures: DiskFailed[] = [];
    for (const id of ids) {
      const failure = yield* attempt(this.#discard(id));
      if (failure) failures.push(failure);
    }
    if (ids.length > 0 && this.#options.rules.withdrawalDurableFirst) yield { kind: "syncDirectory", name: "" };
    if (failures[0]) throw failures[0];
    yield* this.#sweep();
  }

  *#discard(id: number): Steps<void> {
    const trash = nameOf("trash", id);
    if (this.#tree.has(trash)) yield* this.#empty(trash);
    yield { kind: "rename", name: nameOf("checkpoint", id), target: trash };
  }

  *#sweep(): Steps<void> {
    const { rules } = this.#options;
    const { leftovers, highestId } = surveyTree(this.#tree);
    if (leftovers.length === 0) return;
    if (rules.withdrawalDurableFirst) yield { kind: "syncDirectory", name: "" };
    for (const { name, id } of leftovers) {
      yield* this.#empty(name);
      if (id !== highestId || !rules.highestIdStays) yield { kind: "removeDirectory", name };
    }
  }

  *#empty(directory: string): Steps<void> {
    for (const name of [...(this.#tree.get(directory)?.keys() ?? [])]) yield { kind: "remove", name: `${directory}/${name}` };
  }

  *delete(id: number): Steps<void> {
    if (!this.#survey().ids.includes(id)) throw new ModelRefusal("CHECKPOINT_NOT_FOUND");
    const { kept } = this.#plan(Number.MAX_SAFE_INTEGER);
    if (kept.some((point) => point.id !== id && point.chain.some((part) => part.id === id))) throw new ModelRefusal("CHECKPOINT_IN_USE");
    yield* this.#remove([id]);
    this.latestId = this.#latest();
  }

  *cleanup(keep: number): Steps<readonly number[]> {
    const { remove } = this.#plan(keep);
    yield* this.#remove(remove);
    return remove;
  }
}

function* one<S>(step: S): Generator<S, void, void> {
  yield step;
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
