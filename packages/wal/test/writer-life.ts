import { createSimulatedDisk, type DiskImage, type SimulatedDisk } from "@laminar/disk/testing";
import { openWal, type WalBatch, type WalEntry, type WalEntryInput, type WriteAheadLog } from "../src/index.ts";
import { readLogImage } from "../src/testing/index.ts";

export const DIRECTORY = "/log";

/** A record as both sides know it: its number, and a payload that no other record has. */
export interface Known {
  readonly lsn: number;
  readonly id: number;
}

/** What writers had made of a disk before one of their operations took effect. */
export interface Moment {
  readonly image: DiskImage;
  /** The records that count, dropped ones included, and those that will when what is under way is done. */
  readonly states: readonly (readonly Known[])[];
  /** Nothing above it was durable. */
  readonly durableLsn: number;
  /** Everything below it may have been dropped. */
  readonly dropBelow: number;
}

export function knownOf({ firstLsn, entries }: WalBatch<WalEntry>): Known[] {
  return entries.map((entry, i) => ({ lsn: firstLsn + i, id: entry.type === "put" ? new DataView(entry.key.buffer, entry.key.byteOffset).getUint16(0) : -1 }));
}

function record(id: number, length: number): WalEntryInput {
  return { type: "put", key: Uint8Array.of(id >> 8, id & 255), value: new Uint8Array(length).fill(171) };
}

const ONLY_READS = new Set(["stat", "list", "read", "size", "open", "close"]);

/** Writers that work on one disk one after the other; each is closed or dies in the middle of what it does. */
class WriterLife {
  readonly moments: Moment[] = [];
  readonly #random: () => number;
  #disk: SimulatedDisk = createSimulatedDisk();
  #records: readonly Known[] = [];
  #pending: readonly Known[] | undefined;
  #durableLsn = 0;
  #dropBelow = 0;
  #nextId = 1;

  constructor(random: () => number) {
    this.#random = random;
  }

  async run(writers: number): Promise<readonly Moment[]> {
    for (let i = 0; i < writers; i++) await this.#write();
    this.#take();
    return this.moments;
  }

  #take(): void {
    const states = this.#pending ? [this.#records, this.#pending] : [this.#records];
    this.moments.push({ image: this.#disk.killed(), states, durableLsn: this.#durableLsn, dropBelow: this.#dropBelow });
  }

  async #write(): Promise<void> {
    const disk = this.#disk;
    const dies = this.#random() < 0.5 ? Math.floor(10 + this.#random() * 60) : Number.POSITIVE_INFINITY;
    let log: WriteAheadLog<WalEntry, WalEntryInput> | undefined;
    disk.beforeEach(({ kind, index, target }) => {
      if (ONLY_READS.has(kind) || index >= dies) return;
      if (log) this.#durableLsn = Math.max(this.#durableLsn, log.durableLsn);
      this.#take();
      // What an open states again is durable with its segment.
      if (kind === "rename" && target?.endsWith(".wal") && !log) this.#durableLsn = this.#records.at(-1)?.lsn ?? 0;
    });
    disk.plan(({ index }) => (index >= dies ? { kind: "error", errno: "EIO" } : undefined));
    try {
      log = await openWal(DIRECTORY, { disk, segmentSize: 1024, syncInterval: Number.POSITIVE_INFINITY });
      for (let i = 0; i < 6; i++) await this.#act(log);
      await log.close();
      this.#durableLsn = Math.max(this.#durableLsn, log.durableLsn);
    } catch (error) {
      if (dies === Number.POSITIVE_INFINITY) throw error;
      await log?.close().catch(() => undefined);
    }
    this.#disk = disk.anotherProcess();
    disk.kill();
    this.#recall();
  }

  /** What the next writer will find counts. What was dropped before did so too, up to there. */
  #recall(): void {
    const { batches, tail } = readLogImage({ directory: DIRECTORY, files: this.#disk.killed().files });
    const found = batches.flatMap(knownOf).filter(({ lsn }) => lsn >= this.#dropBelow);
    const dropped = this.#records.filter(({ lsn }) => lsn < this.#dropBelow && lsn <= (tail?.lastLsn ?? 0));
    this.#records = [...dropped, ...found];
    this.#pending = undefined;
  }

  async #act(log: WriteAheadLog<WalEntry, WalEntryInput>): Promise<void> {
    const random = this.#random;
    const choice = random();
    const pick = this.#records[Math.floor(random() * this.#records.length)]?.lsn ?? 0;
    if (choice < 0.7) {
      const ids = Array.from({ length: 1 + Math.floor(random() * 3) }, () => this.#nextId++);
      const last = log.appendAll(ids.map((id) => record(id, Math.floor(random() * (random() < 0.2 ? 900 : 60)))));
      this.#records = [...this.#records, ...ids.map((id, i) => ({ lsn: last - ids.length + 1 + i, id }))];
      await log.sync();
    } else if (choice < 0.85) {
      const lsn = Math.max(pick, log.startsAfter, this.#dropBelow - 1);
      const kept = this.#records.filter((known) => known.lsn <= lsn);
      this.#pending = kept;
      await log.truncateAfter(lsn);
      this.#records = kept;
      this.#pending = undefined;
    } else {
      this.#dropBelow = Math.max(this.#dropBelow, pick);
      await log.truncateBefore(pick);
    }
  }
}

/** A moment for each operation of a few writers. The last one is after all of them. */
export const writerLife = (random: () => number): Promise<readonly Moment[]> => new WriterLife(random).run(3);
