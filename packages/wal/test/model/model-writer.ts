import { encodeEntry } from "./model-entries.ts";
import { COPY, encodeBatch, encodeHead, END_BYTE, FRAME_BYTES, MARKER } from "./model-format.ts";
import { type Files, type ModelBatch, type ModelLog, type ModelSegment, nameOf, numbersOf, readModel, type Refusal } from "./model-reader.ts";
import type { Rules } from "./rules.ts";
import type { Groups } from "./subject.ts";

/**
 * One operation on the disk. Names are of the log's directory; "" is the directory itself, ".." the one it is in. A step
 * that fails throws into the writer, which is then done for, unless it removes what may stay; several are removed in any order.
 */
export type Step =
  | { readonly kind: "makeDirectory" | "create" | "sync" | "syncDirectory"; readonly name: string }
  /** When the disk takes only a part, one that has to be taken whole fails, one in parts goes on, and one that needn't be taken is done, with nothing too. */
  | { readonly kind: "write"; readonly name: string; readonly position: number; readonly bytes: Uint8Array; readonly taken: "whole" | "in parts" | "or not" }
  | { readonly kind: "rename"; readonly name: string; readonly target: string }
  | { readonly kind: "remove"; readonly names: ReadonlySet<string>; readonly mayStay: boolean };

export type Steps<T> = Generator<Step, T, undefined>;

export interface ModelOptions {
  readonly rules: Rules;
  readonly segmentSize: number;
  readonly maxBatchSize: number;
  readonly salt: () => number;
  readonly newLogId: () => string;
}

/** A segment that counts. */
interface Held {
  readonly name: string;
  readonly continuesAfter: number;
  readonly baseLsn: number;
  limit: number;
}

/** What a new segment states again: batches, and what was known to be durable. */
interface Restated {
  readonly copies: readonly ModelBatch[];
  readonly provenLsn: number;
}

/** Segments up to this size are always worth gathering. */
const SMALL_BYTES = 64 * 1024;
/** More of them than this are not gathered at once. */
const RUN_MOST = 32;
const PAGE_BYTES = 4096;
/** Zeros are written only where so many flushes find place in them. */
const FLUSHES_IN_ZEROS = 4;

export class Refused extends Error {
  readonly why: Refusal;

  constructor(why: Refusal) {
    super(`refused: ${why}`);
    this.why = why;
  }
}

/** The writer: each of its actions is a generator that yields before every operation on the disk. */
export class ModelWriter {
  readonly #files: Files;
  readonly #options: ModelOptions;
  readonly #logId: string;
  readonly #entryKind = 1;
  #held: Held[] = [];
  /** Names of segments that no longer count. */
  #dropped: string[] = [];
  #newestNumber: number;
  #heads: readonly number[];
  #oldestLsn = 1;
  #session: number;
  #salt = 0;
  #name: string | undefined;
  #position = 0;
  /** Whether the newest batch holds records, of which nothing says yet that they are durable. */
  #isUnproven = false;
  /** Where the zeros end that were written behind the newest batch, and whether the disk has refused some of them in this segment. */
  #zerosTo = 0;
  #areZerosRefused = false;
  /** Bytes of batches that are written and not durable, and those that the last flush made durable. */
  #unsynced = 0;
  #flushedBefore = 0;
  lastLsn = 0;
  nextLsn = 1;
  durableLsn = 0;

  private constructor(files: Files, options: ModelOptions, log: ModelLog | undefined) {
    this.#files = files;
    this.#options = options;
    this.#heads = numbersOf(files.keys(), ".head");
    this.#newestNumber = Math.max(0, ...numbersOf(files.keys(), ".wal"), ...this.#heads);
    this.#session = this.#newestNumber + 1;
    const [first] = log?.segments ?? [];
    this.#logId = first?.logId ?? options.newLogId();
    if (!log || !first) return;
    this.#held = log.segments.map(({ name, continuesAfter, baseLsn, limit }) => ({ name, continuesAfter, baseLsn, limit }));
    this.#dropped = [...log.dropped];
    if (options.rules.oldestRestated) this.#oldestLsn = log.oldestLsn;
    this.lastLsn = this.durableLsn = log.lastLsn;
    this.nextLsn = log.nextLsn;
  }

  get startsAfter(): number {
    return this.#held[0]?.continuesAfter ?? 0;
  }

  /** Opens a log. `files` is the directory, which the steps change; `undefined` when it isn't there. */
  static *open(files: Files, exists: boolean, options: ModelOptions): Steps<ModelWriter> {
    if (!exists) yield { kind: "makeDirectory", name: "" };
    yield { kind: "syncDirectory", name: ".." };
    const log = readModel(files, options.rules);
    if (log.kind === "refused") throw new Refused(log.why);
    if (log.kind === "none") {
      const writer = new ModelWriter(files, options, undefined);
      yield* writer.#publish(0, 1);
      yield* writer.#removeTemporary();
      return writer;
    }
    const writer = new ModelWriter(files, options, log);
    const restated = yield* writer.#restate(log);
    if (restated || log.newestProven || !options.rules.droppedWait) yield* writer.#removeDropped();
    yield* writer.#removeTemporary();
    return writer;
  }

  /**
   * What an earlier writer may have left only in the page cache is made durable before anyone sees it; and the small
   * segments at the end are gathered, so that many opens don't leave many.
   */
  *#restate(log: ModelLog): Steps<boolean> {
    const { rules, segmentSize } = this.#options;
    const newest = log.segments.at(-1);
    const unproven = log.batches.filter(({ firstLsn, entries }) => firstLsn + entries.length - 1 > log.provenLsn);
    const isFenceUnproven = rules.fencesRestated && newest !== undefined && !log.newestProven && newest.baseLsn > newest.continuesAfter + 1;
    const run = smallAtTheEnd(log.segments, segmentSize);
    if (unproven.length === 0 && !isFenceUnproven && run.length < 2) return false;
    const inRun = log.batches.filter(({ segment }) => run.some(({ number }) => number === segment));
    const gathers = run.length > 0 && inRun.every(({ head, entries }) => head.count === entries.length);
    const copies = gathers ? inRun : unproven;
    const [first] = copies;
    const source = log.segments.find(({ number }) => number === first?.segment);
    const before = first?.firstLsn === source?.baseLsn ? source?.continuesAfter : undefined;
    const continuesAfter = first ? (before ?? first.firstLsn - 1) : log.lastLsn;
    yield* this.#publish(continuesAfter, first?.firstLsn ?? log.nextLsn, { copies, provenLsn: Math.min(log.provenLsn, log.lastLsn) });
    this.lastLsn = this.durableLsn = log.lastLsn;
    if (gathers) {
      this.#held = this.#held.filter(({ name }) => !run.some((segment) => segment.name === name));
      this.#dropped = [...new Set([...this.#dropped, ...run.map(({ name }) => name)])];
    }
    return true;
  }

  /** What a publish left that never finished, or whose rename became durable by half. */
  *#removeTemporary(): Steps<void> {
    const names = new Set([...this.#files.keys()].filter((name) => name.endsWith(".wal.tmp")));
    if (names.size > 0) yield { kind: "remove", names, mayStay: true };
  }

  *#removeDropped(): Steps<void> {
    const names = new Set(this.#dropped.filter((name) => this.#files.has(name)));
    if (names.size > 0) yield { kind: "remove", names, mayStay: true };
  }

  /** The one way to make a segment. */
  *#publish(continuesAfter: number, baseLsn: number, { copies, provenLsn }: Restated = { copies: [], provenLsn: continuesAfter }): Steps<void> {
    const { rules, salt: newSalt } = this.#options;
    const number = ++this.#newestNumber;
    const name = nameOf(number, ".wal");
    const temporary = `${name}.tmp`;
    const salt = newSalt();
    const oldestLsn = this.#oldestLsn;
    let content = encodeHead({ logId: this.#logId, entryKind: this.#entryKind, number, salt, continuesAfter, baseLsn, oldestLsn });
    const end = (copies.at(-1)?.firstLsn ?? baseLsn) + (copies.at(-1)?.head.count ?? 0);
    const durableLsn = rules.copiesProveNothing ? provenLsn : end - 1;
    for (const { head, body } of copies) content = Buffer.concat([content, encodeBatch(salt, content.length, { ...head, flags: COPY, durableLsn }, body)]);
    if (copies.length > 0) {
      const proof = { firstLsn: end, count: 0, flags: COPY | MARKER, session: this.#session, durableLsn };
      content = Buffer.concat([content, encodeBatch(salt, content.length, proof, this.#nothing)]);
    }
    if (this.#files.has(temporary)) yield { kind: "remove", names: new Set([temporary]), mayStay: false };
    yield { kind: "create", name: temporary };
    yield { kind: "write", name: temporary, position: 0, bytes: content, taken: "in parts" };
    if (rules.syncBeforeRename) yield { kind: "sync", name: temporary };
    yield { kind: "rename", name: temporary, target: name };
    if (rules.directorySync) yield { kind: "syncDirectory", name: "" };
    this.#salt = salt;
    this.#name = name;
    this.#position = this.#zerosTo = content.length;
    this.#areZerosRefused = false;
    for (const earlier of this.#held) earlier.limit = Math.min(earlier.limit, continuesAfter);
    this.#held.push({ name, continuesAfter, baseLsn, limit: Number.POSITIVE_INFINITY });
    this.lastLsn = this.durableLsn = continuesAfter;
    while (this.#oldestCanGo(oldestLsn)) this.#dropped.push(this.#held.shift()?.name ?? "");
    if (!rules.oldestRestated) this.#oldestLsn = 1;
    yield* this.#publishHead(number);
    if (rules.marker) yield* this.#writeMarker(end, copies.length > 0 ? end - 1 : continuesAfter);
  }

  *#publishHead(number: number): Steps<void> {
    const { rules } = this.#options;
    if (!rules.head) return;
    yield { kind: "create", name: nameOf(number, ".head") };
    if (rules.directorySync) yield { kind: "syncDirectory", name: "" };
    const names = new Set(this.#heads.map((head) => nameOf(head, ".head")));
    // Only the highest is ever looked at. One that stays is the next open's.
    this.#heads = [number];
    if (names.size > 0) yield { kind: "remove", names, mayStay: true };
  }

  *#writeMarker(nextLsn: number, durableLsn: number): Steps<void> {
    const head = { firstLsn: nextLsn, count: 0, flags: MARKER, session: this.#session, durableLsn };
    yield* this.#write(head, this.#nothing);
    this.#isUnproven = false;
  }

  /** A body without entries. */
  get #nothing(): Uint8Array {
    return this.#options.rules.endByte ? Uint8Array.of(END_BYTE) : new Uint8Array(0);
  }

  *#write(head: Parameters<typeof encodeBatch>[2], body: Uint8Array): Steps<void> {
    const bytes = encodeBatch(this.#salt, this.#position, head, body);
    yield { kind: "write", name: this.#name ?? "", position: this.#position, bytes, taken: "whole" };
    this.#position += bytes.length;
  }

  /** One flush: what was appended until it began, in groups that stay whole. */
  *flush(groups: Groups): Steps<void> {
    yield* this.#append(batchesOf(groups, this.#options));
    yield* this.#makeDurable();
  }

  /**
   * A flush, and what was appended while its first sync was under way. Where that is the one that makes it durable, and not one that a
   * new segment needs, full batches are written beside it, as far as the segment has room.
   */
  *groupCommit(first: Groups, second: Groups): Steps<void> {
    const segment = this.#newestNumber;
    yield* this.#append(batchesOf(first, this.#options));
    const isBeside = segment === this.#newestNumber;
    const batches = batchesOf(second, this.#options);
    let beside = 0;
    if (this.#needsSync) {
      const lastLsn = this.nextLsn - 1;
      const flushed = yield* this.#writeZeros();
      const failure = yield* failureOf({ kind: "sync", name: this.#name ?? "" });
      const full = isBeside ? batches.filter(({ isFull }) => isFull).length : 0;
      while (beside < full && this.#hasPlace) yield* this.#append(batches.slice(beside, ++beside));
      if (failure) throw failure.error;
      this.#unsynced -= flushed;
      this.lastLsn = this.durableLsn = lastLsn;
    }
    yield* this.#append(batches.slice(beside));
    yield* this.#makeDurable();
  }

  get #hasPlace(): boolean {
    return this.#name !== undefined && this.#position < this.#options.segmentSize;
  }

  get #needsSync(): boolean {
    return this.nextLsn - 1 > this.lastLsn && this.#isUnproven;
  }

  *#append(batches: readonly FilledBatch[]): Steps<void> {
    for (const { body, count } of batches) {
      if (!this.#hasPlace) {
        yield* this.#makeDurable();
        yield* this.#publish(this.lastLsn, this.nextLsn);
      }
      const head = { firstLsn: this.nextLsn, count, flags: 0, session: this.#session, durableLsn: this.durableLsn };
      yield* this.#write(head, body);
      this.#unsynced += FRAME_BYTES + body.length;
      this.nextLsn += count;
      this.#isUnproven = true;
    }
  }

  /** What was written and isn't durable yet. */
  *#makeDurable(): Steps<void> {
    if (!this.#needsSync) return;
    this.#unsynced -= yield* this.#writeZeros();
    yield { kind: "sync", name: this.#name ?? "" };
    this.lastLsn = this.durableLsn = this.nextLsn - 1;
  }

  /**
   * Before a flush's sync, when the batches stand beyond the zeros: more, about as many bytes as were written, for later batches to
   * overwrite. Returns the bytes that the sync is for.
   */
  *#writeZeros(): Steps<number> {
    const flushed = this.#unsynced;
    const usual = Math.max(flushed, this.#flushedBefore);
    this.#flushedBefore = flushed;
    const position = this.#position;
    const end = Math.min(Math.ceil((2 * position) / PAGE_BYTES) * PAGE_BYTES, this.#options.segmentSize);
    if (this.#areZerosRefused || position <= this.#zerosTo || end - position < FLUSHES_IN_ZEROS * usual) return flushed;
    yield { kind: "write", name: this.#name ?? "", position, bytes: new Uint8Array(end - position), taken: "or not" };
    this.#zerosTo = this.#files.get(this.#name ?? "")?.length ?? 0;
    this.#areZerosRefused = this.#zerosTo < end;
    return flushed;
  }

  *truncateAfter(lsn: number): Steps<void> {
    let continuesAfter = Math.min(lsn, this.lastLsn);
    for (const gap of [...this.#held].reverse()) if (continuesAfter > gap.continuesAfter && continuesAfter < gap.baseLsn) continuesAfter = gap.continuesAfter;
    if (continuesAfter >= this.lastLsn) return;
    this.#session = this.#newestNumber + 1;
    yield* this.#publish(continuesAfter, this.nextLsn);
  }

  *truncateBefore(lsn: number): Steps<void> {
    if (!this.#oldestCanGo(lsn)) return;
    this.#oldestLsn = Math.max(this.#oldestLsn, lsn);
    yield* this.#publish(this.lastLsn, this.nextLsn);
    yield* this.#removeDropped();
  }

  #oldestCanGo(lsn: number): boolean {
    const [oldest] = this.#held;
    return this.#held.length > 1 && oldest !== undefined && oldest.limit < lsn;
  }

  /** A second of rest with something that no batch says to be durable. */
  *rest(): Steps<void> {
    if (this.#isUnproven) yield* this.#writeMarker(this.nextLsn, this.durableLsn);
  }

  *close(): Steps<void> {
    if (this.#name === undefined) return;
    yield* this.rest();
    yield { kind: "sync", name: this.#name };
  }
}

/** The newest segments that together fit one, none larger than what comes after it; a fence's gap can only stand before the first. */
function smallAtTheEnd(segments: readonly ModelSegment[], segmentSize: number): readonly ModelSegment[] {
  const run: ModelSegment[] = [];
  let bytes = 0;
  for (const segment of [...segments].reverse()) {
    const size = segment.file.length > PAGE_BYTES ? segment.file.length : usedBytes(segment.file);
    if (run.length === RUN_MOST || size > Math.max(bytes, SMALL_BYTES) || bytes + size > segmentSize) break;
    run.unshift(segment);
    bytes += size;
    if (segment.baseLsn > segment.continuesAfter + 1) break;
  }
  return run;
}

function usedBytes(file: Uint8Array): number {
  let end = file.length;
  while (file[end - 1] === 0) end--;
  return end;
}

/** A step that may fail, and others still follow it. */
function* failureOf(step: Step): Steps<{ readonly error: unknown } | undefined> {
  try {
    yield step;
    return undefined;
  } catch (error) {
    return { error };
  }
}

interface FilledBatch {
  readonly body: Uint8Array;
  readonly count: number;
  /** Whether it has reached its size and takes no more. */
  readonly isFull: boolean;
}

/** Groups fill batches in order; a batch that has reached its size takes no more. */
function batchesOf(groups: Groups, { rules, maxBatchSize }: ModelOptions): FilledBatch[] {
  const batches: FilledBatch[] = [];
  let [body, count]: [Uint8Array, number] = [new Uint8Array(0), 0];
  const end = (isFull: boolean): void => {
    if (count > 0) batches.push({ body: rules.endByte ? Buffer.concat([body, Uint8Array.of(END_BYTE)]) : body, count, isFull });
    [body, count] = [new Uint8Array(0), 0];
  };
  for (const group of groups) {
    body = Buffer.concat([body, ...group.map(encodeEntry)]);
    count += group.length;
    if (FRAME_BYTES + body.length >= maxBatchSize) end(true);
  }
  end(false);
  return batches;
}

