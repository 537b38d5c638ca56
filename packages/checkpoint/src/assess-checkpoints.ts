import type { CheckpointLog } from "./checkpoint-config.ts";
import { isCheckpointError, isCorruption } from "./checkpoint-error.ts";
import type { ChainPart, CheckpointMetadata } from "./checkpoint-metadata.ts";
import type { CheckpointReader, SurveyedCheckpoint } from "./checkpoint-reader.ts";
import type { CheckpointStore } from "./checkpoint-store.ts";
import { inGroups } from "./in-groups.ts";

/** What a place holds. */
export interface Assessment {
  /** Usable: the whole chain verifies, and the log is its own and can be replayed from its position. Newest first. */
  readonly usable: readonly CheckpointMetadata[];
  /** Verify themselves and aren't usable: a part of their chain doesn't verify, a fence took their position, they are of another log. */
  readonly unusable: readonly CheckpointMetadata[];
  /** Metadata or state don't verify. */
  readonly damaged: readonly { readonly id: number; readonly problem: unknown }[];
}

interface Verdict {
  /** Revision of the state's bytes, and what they were compared with. */
  readonly of: string;
  /** Why they don't verify; `undefined` when they do. */
  readonly problem: unknown;
}

/** Revision and expectation of a part, as of this round. */
type SubjectOf = (part: ChainPart) => Promise<string>;

/**
 * Says which checkpoints can be used. A state is read once for each revision of its bytes, however often it is asked about; so
 * damage that the store can't tell without reading is seen by {@link newestUsable} only. A failed read is no verdict: it is thrown.
 */
export class Assessor {
  readonly #store: CheckpointStore;
  readonly #reader: CheckpointReader;
  readonly #log: CheckpointLog | undefined;
  readonly #verdicts = new Map<number, Verdict>();

  constructor(store: CheckpointStore, reader: CheckpointReader, log: CheckpointLog | undefined) {
    this.#store = store;
    this.#reader = reader;
    this.#log = log;
  }

  async assess(): Promise<Assessment> {
    const usable: CheckpointMetadata[] = [];
    const unusable: CheckpointMetadata[] = [];
    const damaged: { id: number; problem: unknown }[] = [];
    const { checkpoints } = await this.#reader.survey();
    const subjectOf = await this.#subjectsOf(checkpoints.flatMap(({ metadata }) => metadata?.chain.slice(-1) ?? []));
    for (const { id, metadata, problem } of checkpoints) {
      if (problem && !isCorruption(problem)) throw problem;
      const ownProblem = metadata ? await this.#problemOf(metadata.chain.slice(-1), subjectOf) : problem;
      if (!metadata || ownProblem !== undefined) damaged.push({ id, problem: ownProblem });
      else if (this.belongs(metadata) && (await this.#problemOf(metadata.chain, subjectOf)) === undefined) usable.push(metadata);
      else unusable.push(metadata);
    }
    return { usable, unusable, damaged };
  }

  /** The newest usable one; reads its chain anew. */
  async newestUsable(): Promise<CheckpointMetadata | undefined> {
    for (let before: string | undefined; ; ) {
      const { checkpoints } = await this.#reader.survey();
      const listed = checkpoints.map(({ id }) => id).join();
      const found = await this.#firstUsable(checkpoints, listed === before);
      if (found !== "vanished") return found;
      before = listed;
    }
  }

  /** `"vanished"` when one went while it was read, as a withdrawal does; with `isSettled` that is damage like any other. */
  async #firstUsable(checkpoints: readonly SurveyedCheckpoint[], isSettled: boolean): Promise<CheckpointMetadata | "vanished" | undefined> {
    for (const { metadata, problem } of checkpoints) {
      if (problem && !isCorruption(problem)) throw problem;
      if (!metadata || !this.belongs(metadata)) continue;
      try {
        await this.#reader.verify(metadata);
        return metadata;
      } catch (error) {
        if (isCheckpointError(error, "CHECKPOINT_NOT_FOUND") && !isSettled) return "vanished";
        if (!isDamage(error)) throw error;
      }
    }
    return undefined;
  }

  /** Whether recovery could replay the log on top of that checkpoint. Without a log there is nothing to replay. */
  belongs({ walId, walPosition }: CheckpointMetadata): boolean {
    const log = this.#log;
    if (!log) return true;
    const own = walId === log.logId || (walId === undefined && walPosition === 0);
    return own && walPosition >= (log.startsAfter ?? 0) && walPosition <= log.durableLsn && log.counts(walPosition);
  }

  async verifies(chain: readonly ChainPart[]): Promise<boolean> {
    return (await this.#problemOf(chain, await this.#subjectsOf(chain))) === undefined;
  }

  /** Takes note that a checkpoint's own part was just written, so that it isn't read again. Where that can't be noted, it will be read. */
  async wrote({ chain }: CheckpointMetadata): Promise<void> {
    for (const part of chain.slice(-1)) {
      const subject = await this.#subject(part).catch(() => undefined);
      if (subject !== undefined) this.#verdicts.set(part.id, { of: subject, problem: undefined });
    }
  }

  forget(ids: readonly number[]): void {
    for (const id of ids) this.#verdicts.delete(id);
  }

  /** The subjects of these parts, asked for together and once each, however many chains share a part; others' when they are asked for. */
  async #subjectsOf(parts: readonly ChainPart[]): Promise<SubjectOf> {
    const asked = new Map<string, Promise<string>>();
    const subjectOf: SubjectOf = (part) => {
      const name = `${part.id} ${part.size} ${part.checksum}`;
      const known = asked.get(name) ?? this.#subject(part);
      asked.set(name, known);
      return known;
    };
    // A failure is that of whoever needs the part.
    await inGroups(parts, (part) => subjectOf(part).catch(() => undefined));
    return subjectOf;
  }

  async #problemOf(chain: readonly ChainPart[], subjectOf: SubjectOf): Promise<unknown> {
    for (const part of chain) {
      const problem = await this.#partProblem(part, subjectOf);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  async #partProblem(part: ChainPart, subjectOf: SubjectOf): Promise<unknown> {
    try {
      const subject = await subjectOf(part);
      const known = this.#verdicts.get(part.id);
      if (known?.of === subject) return known.problem;
      const problem = await this.#read(part);
      this.#verdicts.set(part.id, { of: subject, problem });
      return problem;
    } catch (error) {
      if (isDamage(error)) return error;
      throw error;
    }
  }

  async #read(part: ChainPart): Promise<unknown> {
    const chunks = this.#reader.readPart(part)[Symbol.asyncIterator]();
    try {
      while (!(await chunks.next()).done);
      return undefined;
    } catch (error) {
      if (isDamage(error)) return error;
      throw error;
    }
  }

  async #subject({ id, size, checksum }: ChainPart): Promise<string> {
    return `${size} ${checksum} ${await this.#store.revision(id)}`;
  }
}

const isDamage = (error: unknown): boolean => isCorruption(error) || isCheckpointError(error, "CHECKPOINT_NOT_FOUND");
