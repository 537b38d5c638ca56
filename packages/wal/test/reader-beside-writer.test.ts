import { describe, expect, it } from "vitest";
import { isWalError } from "../src/index.ts";
import { KnownLog } from "../src/known-log.ts";
import type { FoundBatch } from "../src/log-core.ts";
import type { LogAnswer, LogRequest, ReadRequest } from "../src/log-requests.ts";
import { readLog, type ReadTask } from "../src/read-log.ts";
import { ENTRIES_STANDARD } from "../src/segment-format.ts";
import { decodeFound, batchDecoder } from "../src/decode-batch.ts";
import { readLogImage } from "../src/testing/index.ts";
import type { WalBatch, WalEntry } from "../src/index.ts";
import { seeded } from "./logs.ts";
import { DIRECTORY, type Known, knownOf, type Moment, writerLife } from "./writer-life.ts";

const LIVES = 100;
const READINGS_PER_LIFE = 200;
const decoder = batchDecoder(undefined);
const newReader = (): KnownLog => new KnownLog({ directory: DIRECTORY, onDamage: "refuse", entryKind: ENTRIES_STANDARD });

/** One reading whose every step sees a moment of the writers' work that is the last one's or later. */
class Reading {
  readonly given: Known[] = [];
  readonly began: number;
  now: number;
  readonly #moments: readonly Moment[];
  readonly #random: () => number;
  readonly #pace: number;
  /** The file that is open, and what it held when it was last seen. */
  #open: { readonly path: string; readonly bytes: Uint8Array } | undefined;

  constructor(moments: readonly Moment[], random: () => number, began: number) {
    this.#moments = moments;
    this.#random = random;
    this.#pace = random() < 0.3 ? 1 : random() < 0.5 ? 4 : 25;
    this.began = began;
    this.now = began;
  }

  run(log: KnownLog, task: ReadTask): unknown {
    try {
      const reading = readLog(log, task);
      for (let step = reading.next(); ; ) {
        if (step.done) return undefined;
        step = reading.next(step.value.kind === "batch" ? this.#take(step.value) : this.#answer(step.value));
      }
    } catch (error) {
      return error;
    }
  }

  #take(found: FoundBatch): undefined {
    this.given.push(...knownOf(decodeFound({ directory: DIRECTORY }, found, decoder, found.after) as WalBatch<WalEntry>));
    this.#pass();
  }

  #pass(least = 0): ReadonlyMap<string, Uint8Array> {
    this.now = Math.min(this.#moments.length - 1, this.now + least + Math.floor(this.#random() * this.#pace));
    return (this.#moments[this.now] as Moment).image.files;
  }

  #answer(request: LogRequest): LogAnswer {
    switch (request.kind) {
      case "list":
        return this.#list();
      case "stat":
        return request.names.map((name) => {
          const bytes = this.#pass().get(`${DIRECTORY}/${name}`);
          return bytes && { kind: "file" as const, size: bytes.length, revision: "" };
        });
      case "readEach":
        return request.reads.map((read) => this.#read(read));
      case "read":
        return this.#read(request);
      case "ahead":
        return undefined;
      case "wait":
      default:
        if (this.now === this.#moments.length - 1) return "last";
        this.#pass(1);
        return "more";
    }
  }

  /** As an operating system lists: each name is seen or not at a moment of its own while the listing goes on. */
  #list(): readonly string[] | undefined {
    const from = this.now;
    this.#pass();
    const images = this.#moments.slice(from, this.now + 1).map(({ image }) => image);
    if (!images.some(({ directories }) => directories.has(DIRECTORY))) return undefined;
    const names = new Set(images.flatMap(({ files }) => [...files.keys()]));
    const seen = [...names].filter((path) => images[Math.floor(this.#random() * images.length)]?.files.has(path));
    return seen.map((path) => path.slice(DIRECTORY.length + 1));
  }

  #read({ segment, position, length }: ReadRequest): Uint8Array | undefined {
    const path = `${DIRECTORY}/${segment.name}`;
    const bytes = this.#pass().get(path) ?? (this.#open?.path === path ? this.#open.bytes : undefined);
    this.#open = bytes && { path, bytes };
    return bytes?.slice(position, position + length);
  }
}

/** What is wrong with a reading; `undefined` when it gave a part without holes of a state that the log had meanwhile. */
function judge(moments: readonly Moment[], reading: Reading, task: ReadTask, error: unknown): string | undefined {
  const window = moments.slice(reading.began, reading.now + 1);
  const states = new Set(window.flatMap((moment) => moment.states));
  const last = reading.given.at(-1)?.lsn ?? task.after;
  const now = window.at(-1) as Moment;
  if (error !== undefined) {
    if (!isWalError(error)) return `failed: ${error instanceof Error ? error.message : "no error"}`;
    const dropped = now.dropBelow - 1 > (last ?? (window[0] as Moment).dropBelow);
    const fenced = last !== undefined && [...states].some((state) => !state.some(({ lsn }) => lsn === last));
    const missing = [...(window[0] as Moment).image.files.keys()].every((path) => !path.endsWith(".wal"));
    const isFair = { WAL_TRUNCATED: dropped, WAL_FENCED: fenced && reading.given.length > 0, WAL_POSITION_FENCED: fenced && reading.given.length === 0, WAL_NOT_FOUND: missing };
    if (!(isFair as Partial<Record<string, boolean>>)[error.code]) return `refused: ${error.code} ${error.message}`;
  }
  const text = reading.given.map(({ lsn, id }) => `${lsn}:${id}`).join();
  const durableLsn = Math.max(...window.map((moment) => moment.durableLsn));
  if (!task.unproven && reading.given.some(({ lsn }) => lsn > durableLsn)) return `gave ${text}, and only ${durableLsn} was durable`;
  // What stood there when it began has to be in what it gave.
  const atStart = readLogImage({ directory: DIRECTORY, files: (window[0] as Moment).image.files }).tail;
  const needed = error === undefined ? ((task.unproven ? atStart?.lastLsn : atStart?.provenLsn) ?? 0) : 0;
  const from = task.after ?? Math.min((reading.given[0]?.lsn ?? Number.POSITIVE_INFINITY) - 1, now.dropBelow - 1);
  const fits = (state: readonly Known[]): boolean => {
    const rest = state.filter(({ lsn }) => lsn > from);
    const isSame = reading.given.every(({ lsn, id }, i) => rest[i]?.lsn === lsn && rest[i]?.id === id);
    return isSame && rest.slice(reading.given.length).every(({ lsn }) => lsn > needed);
  };
  if (![...states].some(fits)) return `mixed view: ${text} (needed ${needed})`;
  if (!task.follow || error !== undefined || !task.unproven) return undefined;
  const final = now.states[0] as readonly Known[];
  return fits(final) && final.every(({ lsn }) => lsn <= (last ?? now.dropBelow - 1)) ? undefined : `the end is missing: ${text}`;
}

describe("a reader beside writers at work", () => {
  it("gives a part without holes of a state that the log had meanwhile, and never refuses a healthy log", async () => {
    const outcomes = new Map<string, number>();
    let records = 0;
    let moments = 0;
    for (let seed = 1; seed <= LIVES; seed++) {
      const random = seeded(seed);
      const life = await writerLife(random);
      moments += life.length;
      let log = newReader();
      let now = 0;
      for (let i = 0; i < READINGS_PER_LIFE; i++) {
        // A reader reads several times, going on in time with what it knows.
        if (random() < 0.3 || now === life.length - 1) [log, now] = [newReader(), Math.floor(random() * life.length)];
        const reading = new Reading(life, random, now);
        const known = life[now]?.states[0] ?? [];
        const after = random() < 0.6 ? undefined : (known[Math.floor(random() * known.length)]?.lsn ?? 0);
        const task = { after, unproven: random() < 0.5, follow: random() < 0.3 };
        const error = reading.run(log, task);
        now = reading.now;
        const wrong = judge(life, reading, task, error);
        if (wrong) throw new Error(`seed ${seed}, reading ${i}, ${JSON.stringify(task)}, moments ${reading.began} to ${reading.now} of ${life.length}: ${wrong}`);
        records += reading.given.length;
        const outcome = `${task.follow ? "follow" : "read"} ${isWalError(error) ? error.code : "ok"}`;
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
    }
    const counts = [...outcomes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([outcome, count]) => `${outcome} ${count}`).join(", ");
    console.log(`${LIVES * READINGS_PER_LIFE} readings over ${moments} moments gave ${records} records: ${counts}; 0 mixed views, 0 refusals of a healthy log`);
    for (const outcome of ["read ok", "follow ok", "follow WAL_FENCED", "follow WAL_TRUNCATED", "read WAL_POSITION_FENCED"]) expect(outcomes.get(outcome), outcome).toBeGreaterThan(20);
  });
});
