import { join } from "node:path";
import { type Disk, nodeDisk } from "@laminar/disk";
import { ReusedMemory } from "./chunk-memory.ts";
import { confirmDamage, plainDamage, type WalDamage } from "./confirm-damage.ts";
import { drive, driveToEnd, ioError, readShape } from "./drive-log.ts";
import { type FoundBatch, lastCounted, readBatches } from "./log-core.ts";
import { LogDriver } from "./log-driver.ts";
import type { LogShape, Segment } from "./log-shape.ts";
import type { AbortSignalLike, LogEnd, Lsn } from "./log.ts";
import { requireLookOptions } from "./read-options.ts";
import { BATCH_HEADER_BYTES } from "./segment-format.ts";
import { segmentName } from "./segment-names.ts";
import { onlyZerosFollow } from "./trailing-zeros.ts";
import { isCorruption, isWalError, type WalError } from "./wal-error.ts";
import { requireDirectory } from "./wal-options.ts";

/** What a verification found. */
export interface WalReport {
  /** `"missing"`: there is no log. `"damaged"`: `damage` says what and where. */
  readonly verdict: "ok" | "damaged" | "missing";
  /** What `openWal` would refuse this log for. */
  readonly damage?: WalError | undefined;
  /**
   * Every place of damage, as plain fields: `damage` first, then one at most for each segment file, since behind it nothing in
   * that file is in its place. A segment that isn't named here verifies on its own.
   */
  readonly damages: readonly WalDamage[];
  /** Identity of the log; absent when there is none, or none of its headers can be read. */
  readonly logId?: string | undefined;
  /** Every record above it should be held. */
  readonly startsAfter: Lsn;
  /** The last record that verified and counts, before the first place where records are missing. */
  readonly lastLsn: Lsn;
  /** Up to here the log itself proves what was durable. */
  readonly provenLsn: Lsn;
  /** Records that count, up to `lastLsn`. */
  readonly records: number;
  /** Batches that hold them. */
  readonly batches: number;
  /** Segments that count. */
  readonly segments: number;
  /** How the log ends; absent when it is damaged. */
  readonly end?: LogEnd | undefined;
}

/** How far a verification has come. */
export interface VerifyProgress {
  /** Of `bytesTotal`; it need not reach that. */
  readonly bytesRead: number;
  /** Bytes of the segments that count. */
  readonly bytesTotal: number;
}

/** How to follow a verification, and how to end it early. */
export interface VerifyOptions {
  /** @default nodeDisk */
  readonly disk?: Disk | undefined;
  /** Checked between batches; the promise then rejects with `signal.reason`. */
  readonly signal?: AbortSignalLike | undefined;
  /** Called for each batch. Begins again at 0 when a second look has to show whether something is damage or a writer at work. */
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
}

/**
 * Reads the whole log in `directory`, beside whoever writes, changes nothing, takes no lock, and says what it found and where.
 * Rejects only for failures to read, for formats and features of newer releases, and when it is aborted. Memory: about one
 * batch.
 */
export async function verifyWal(directory: string, options: VerifyOptions = {}): Promise<WalReport> {
  requireDirectory(directory);
  requireLookOptions(options);
  const disk = options.disk ?? nodeDisk;
  const missing: WalReport = { verdict: "missing", damages: [], startsAfter: 0, lastLsn: 0, provenLsn: 0, records: 0, batches: 0, segments: 0 };
  let files: readonly string[] = [];
  try {
    return await confirmDamage(disk, directory, async (listing): Promise<WalReport> => {
      files = listing.segments.map(({ name }) => join(directory, name));
      const shape = await readShape(disk, listing, "stop");
      return shape ? new Verification(disk, shape, options).run() : missing;
    });
  } catch (error) {
    if (isWalError(error, "WAL_NOT_FOUND")) return missing;
    // Not one header could be read.
    if (isWalError(error) && isCorruption(error)) return { ...missing, verdict: "damaged", damage: error, damages: [plainDamage(error), ...unreadableHeaders(files, error)] };
    throw error;
  }
}

/** One look at the log, segment by segment, so that damage in one says nothing about the others. */
class Verification {
  readonly #disk: Disk;
  readonly #shape: LogShape;
  readonly #options: VerifyOptions;
  readonly #bytesTotal: number;
  #bytesBefore = 0;
  #isWhole = true;
  readonly #inSegments: WalError[] = [];
  #count = { lastLsn: 0, provenLsn: 0, records: 0, batches: 0 };

  constructor(disk: Disk, shape: LogShape, options: VerifyOptions) {
    this.#disk = disk;
    this.#shape = shape;
    this.#options = options;
    this.#bytesTotal = shape.segments.reduce((sum, { size }) => sum + size, 0);
    this.#count.lastLsn = shape.startsAfter;
  }

  async run(): Promise<WalReport> {
    const { logId, startsAfter, segments } = this.#shape;
    let end: LogEnd | undefined;
    let after = startsAfter;
    for (const [i, segment] of segments.entries()) {
      // With the next one, so that it is read as what stands before another.
      end = await this.#readSegment(segments.slice(i, i + 2), segment.limit, after);
      // What the headers say stands in every end.
      if (end.damage && end.damage !== this.#shape.damage?.behind) await this.#note(segment, end.damage);
      after = Math.max(after, segment.limit);
      this.#progress(segment.size);
      this.#bytesBefore += segment.size;
    }
    const inHeaders = damageOfHeaders(this.#shape);
    const damage = this.#shape.damage?.behind ?? this.#shape.damage?.atStart ?? this.#inSegments[0];
    const found = { logId, startsAfter, ...this.#count, segments: segments.filter(({ limit, header }) => limit >= header.baseLsn).length };
    if (!damage) return { verdict: "ok", damages: [], ...found, end };
    return { verdict: "damaged", damage, damages: [...inHeaders, ...this.#inSegments.map(plainDamage)], ...found };
  }

  /** Of the first segment what counts: `after` is the last record that earlier ones can hold, `upTo` the last that it can. */
  async #readSegment(segments: readonly Segment[], upTo: Lsn, after: Lsn): Promise<LogEnd> {
    const shape = { ...this.#shape, segments };
    const batches = readBatches(shape, { after, upTo, onDamage: "stop" });
    const { provenLsn, end } = await drive(new LogDriver(this.#disk, shape.directory, { memory: new ReusedMemory() }), batches, (found) => this.#countBatch(found));
    this.#count.provenLsn = Math.max(this.#count.provenLsn, provenLsn);
    return end;
  }

  async #note(segment: Segment, damage: WalError): Promise<void> {
    this.#isWhole = false;
    if (!(await isInNextFile(this.#disk, this.#shape, segment, damage.offset))) this.#inSegments.push(damage);
  }

  #countBatch(found: FoundBatch): void {
    const { header, counted, position } = found;
    if (this.#isWhole) {
      this.#count.batches++;
      this.#count.records += counted;
      this.#count.lastLsn = lastCounted(found);
    }
    this.#progress(position + BATCH_HEADER_BYTES + header.bodyBytes);
  }

  #progress(inSegment: number): void {
    const { signal, onProgress } = this.#options;
    if (signal?.aborted) throw signal.reason ?? new Error("aborted");
    onProgress?.({ bytesRead: this.#bytesBefore + inSegment, bytesTotal: this.#bytesTotal });
  }
}

/** What the names and headers show, what would be refused first in front. */
export function damageOfHeaders({ directory, damage }: LogShape): readonly WalDamage[] {
  if (!damage) return [];
  const { unreadable, behind, atStart } = damage;
  const others = unreadableHeaders(unreadable.map(({ name }) => join(directory, name)), behind);
  return [...(behind ? [plainDamage(behind)] : []), ...others, ...(atStart ? [plainDamage(atStart)] : [])];
}

/** A place for each of `files` that `named` doesn't tell of. */
function unreadableHeaders(files: readonly string[], named: WalError | undefined): readonly WalDamage[] {
  return files.filter((file) => file !== named?.file).map((file) => {
    const message = `${file}: its header doesn't verify, or is another segment's. Nothing was changed; restore the file from a copy`;
    return { code: "WAL_CORRUPT", message, file, offset: 0 };
  });
}

/** Whether what is missing at `offset`, behind which a segment ends, stood in the next file, whose header can't be read. */
export async function isInNextFile(disk: Disk, { directory, segments, damage }: LogShape, segment: Segment, offset: number | undefined): Promise<boolean> {
  const next = segments[segments.indexOf(segment) + 1]?.number ?? Number.POSITIVE_INFINITY;
  const isNextUnreadable = (damage?.unreadable ?? []).some(({ number }) => number > segment.number && number < next);
  return isNextUnreadable && offset !== undefined && driveToEnd(disk, directory, onlyZerosFollow(directory, segment, offset));
}

/** Bytes of the log's segment files in `directory`; 0 when there is no log. Reads no content. */
export async function walSize(directory: string, options: { readonly disk?: Disk | undefined } = {}): Promise<number> {
  requireDirectory(directory);
  requireLookOptions(options);
  const disk = options.disk ?? nodeDisk;
  try {
    const names = (await disk.list(directory)).filter(({ name, kind }) => kind === "file" && name === segmentName(Number.parseInt(name, 16)));
    const found = await Promise.all(names.map(({ name }) => disk.stat(join(directory, name))));
    return found.reduce((sum, status) => sum + (status?.size ?? 0), 0);
  } catch (error) {
    const failure = ioError(error, directory);
    if (failure.code === "WAL_NOT_FOUND") return 0;
    throw failure;
  }
}
