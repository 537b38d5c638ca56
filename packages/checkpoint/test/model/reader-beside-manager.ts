import { createSimulatedDisk, type SimulatedDisk } from "@laminar/disk/testing";
import { checkpointReader, type CheckpointStore, fileCheckpointStore, type IncrementalCheckpointManager, openCheckpointManager } from "../../src/index.ts";
import { liveLogReader } from "./live-log.ts";
import { DIRECTORY } from "./model-directory.ts";
import { appended, counts, droppedBelow, LOG_ID, LogOnDisk } from "./model-log.ts";
import { SOURCE } from "./model-metadata.ts";
import { Oracle } from "./oracle.ts";
import { Program } from "./program.ts";
import { recoverReal } from "./readers.ts";
import { mergeParts } from "./state-bytes.ts";

/** Thrown instead of a second attempt, by a reader that makes one only. */
class WouldTryAgain extends Error {}

export interface RaceCounts {
  recoveries: number;
  /** Recoveries that looked more than once. */
  repeated: number;
  mostAttempts: number;
  /** Answers of the manager itself while it worked. */
  answers: number;
  checkpoints: number;
  gone: number;
}

/** A store as one reads it while somebody else's calls come in between. */
function pausing(store: CheckpointStore, pause: () => Promise<void>): CheckpointStore {
  return {
    location: store.location,
    locate: (...given) => store.locate(...given),
    lock: () => store.lock(),
    publish: (...given) => store.publish(...given),
    withdraw: (ids) => store.withdraw(ids),
    sweep: () => store.sweep(),
    async list() {
      await pause();
      return store.list();
    },
    async readMetadata(id) {
      await pause();
      return store.readMetadata(id);
    },
    async *readState(id) {
      await pause();
      for await (const chunk of store.readState(id)) {
        await pause();
        yield chunk;
      }
    },
    async revision(id) {
      await pause();
      return store.revision(id);
    },
  };
}

/** A program that commits, publishes, compacts and deletes, and beside it recoveries of another process, until it ends. */
export class Race {
  readonly #random: () => number;
  readonly #disk: SimulatedDisk = createSimulatedDisk();
  readonly #log = new LogOnDisk();
  readonly #oracle = new Oracle();
  readonly #program = new Program({ state: "", changed: [], loaded: undefined });
  readonly #counts: RaceCounts;
  readonly #attemptsMost: number;
  #isOver = false;

  /** `attemptsMost`: how often a reader may look. */
  constructor(random: () => number, counters: RaceCounts, attemptsMost: number) {
    this.#random = random;
    this.#counts = counters;
    this.#attemptsMost = attemptsMost;
  }

  /** The first thing that is wrong. */
  async run(): Promise<string | undefined> {
    const found: string[] = [];
    await Promise.all([this.#write(), this.#readAll(found)]);
    return found[0];
  }

  async #pause(): Promise<void> {
    const lengths = [0, 3, 20, 120];
    for (let turns = lengths[Math.floor(this.#random() * lengths.length)] ?? 0; turns > 0; turns--) await Promise.resolve();
  }

  async #write(): Promise<void> {
    const [log, random] = [this.#log, this.#random];
    const manager = await openCheckpointManager({
      directory: DIRECTORY,
      disk: this.#disk,
      maxRetained: 1 + Math.floor(random() * 2),
      maxChainLength: 1 + Math.floor(random() * 4),
      maxDeltaRatio: 5,
      merge: mergeParts,
      log: {
        logId: LOG_ID,
        get startsAfter() {
          return log.durable.startsAfter;
        },
        get durableLsn() {
          return log.durable.lastLsn;
        },
        counts: (lsn) => counts(log.durable, lsn),
        async truncateBefore(lsn) {
          log.write(droppedBelow(log.current, lsn));
          log.sync();
        },
      },
    });
    for (let i = 0; i < 14; i++) {
      await this.#pause();
      const choice = random();
      if (choice < 0.4) this.#commit();
      else if (choice < 0.85) await this.#checkpoint(manager);
      else if (choice < 0.93) await manager.compact();
      else await this.#delete(manager);
      await this.#askBeside(manager);
    }
    this.#counts.gone += this.#disk.operations.filter(({ kind, path }) => kind === "rename" && path.startsWith(`${DIRECTORY}/checkpoint_`)).length;
    await manager.close();
    this.#isOver = true;
  }

  #commit(): void {
    const changes = [Program.change(this.#random, this.#oracle.nextValue++)];
    const version = appended(this.#log.current, [...changes, undefined]);
    this.#program.apply(changes);
    this.#oracle.commit({ lsn: version.lastLsn, state: this.#program.text });
    this.#log.write(version);
    this.#log.sync();
    this.#oracle.acknowledge();
  }

  async #checkpoint(manager: IncrementalCheckpointManager): Promise<void> {
    const walPosition = this.#oracle.commits.at(-1)?.lsn ?? 0;
    const capture = this.#program.capture(walPosition, undefined);
    await manager.create({ walPosition, sourceOffsets: new Map([[SOURCE, walPosition]]), state: capture });
    this.#counts.checkpoints++;
  }

  async #delete(manager: IncrementalCheckpointManager): Promise<void> {
    const ids = (await manager.list()).map(({ id }) => id);
    const id = ids[Math.floor(this.#random() * ids.length)];
    // Where it is the only one, or another needs it, it stays.
    const isOldest = id === ids.at(-1) && ids.length > 1;
    if (id !== undefined && isOldest) await manager.delete(id).catch((error: unknown) => (isInUse(error) ? undefined : Promise.reject(error)));
  }

  /** What doesn't change anything may be asked while a checkpoint is made. */
  async #askBeside(manager: IncrementalCheckpointManager): Promise<void> {
    const before = manager.latestCheckpointId ?? 0;
    const making = this.#checkpoint(manager);
    await this.#pause();
    const [latest, floor] = await Promise.all([manager.latest(), manager.oldestWalPosition()]);
    if ((latest?.id ?? 0) < before) throw new Error(`latest() gives ${latest?.id} where ${before} was published`);
    if (floor > this.#log.durable.lastLsn) throw new Error(`the log ends at ${this.#log.durable.lastLsn} and is said to be needed above ${floor}`);
    this.#counts.answers++;
    await making;
  }

  async #readAll(found: string[]): Promise<void> {
    while (!this.#isOver && found.length === 0) {
      const wrong = await this.#read();
      if (wrong !== undefined) found.push(wrong);
    }
  }

  async #read(): Promise<string | undefined> {
    const acknowledged = this.#oracle.acknowledged;
    const pause = (): Promise<void> => this.#pause();
    const store = pausing(fileCheckpointStore(DIRECTORY, { disk: this.#disk.anotherProcess() }), pause);
    let attempts = 0;
    const openLog = (): ReturnType<typeof liveLogReader> => {
      if (++attempts > this.#attemptsMost) throw new WouldTryAgain();
      return liveLogReader(this.#log, pause);
    };
    try {
      const verdict = await recoverReal(checkpointReader(store), openLog);
      if (verdict.kind === "refused") return `refused: ${verdict.why}`;
      const index = this.#oracle.commits.findIndex(({ lsn, state }) => lsn === verdict.lsn && state === verdict.state);
      if (index < 0) return `no commit: ${verdict.lsn} with [${verdict.state}]`;
      return index < acknowledged - 1 ? `older: ${verdict.lsn}` : undefined;
    } catch (error) {
      return error instanceof WouldTryAgain ? "would have to look again" : `failed: ${String(error)}`;
    } finally {
      this.#counts.recoveries++;
      if (attempts > 1) this.#counts.repeated++;
      this.#counts.mostAttempts = Math.max(this.#counts.mostAttempts, attempts);
    }
  }
}

const isInUse = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "CHECKPOINT_IN_USE";
