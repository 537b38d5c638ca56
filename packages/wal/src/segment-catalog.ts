import { join } from "node:path";
import type { Disk } from "@laminar/disk";
import { arrange, countedUpTo, isFenced, type LogShape, type SegmentFile } from "./log-shape.ts";
import { firstHeld } from "./log-reader.ts";
import type { Lsn } from "./log.ts";
import { segmentName } from "./segment-names.ts";
import type { OwnSegment } from "./segment-writer.ts";
import { fileBytes } from "./zeroed-space.ts";

/** What a writer knows of its segments, and the deletion of those that nobody needs. */
export class SegmentCatalog {
  readonly directory: string;
  readonly #disk: Disk;
  #shape: LogShape;
  #own: OwnSegment | undefined;
  /** The last record that counts and is durable. */
  lastLsn: Lsn;

  constructor(disk: Disk, shape: LogShape, lastLsn: Lsn) {
    this.directory = shape.directory;
    this.#disk = disk;
    this.#shape = shape;
    this.lastLsn = lastLsn;
  }

  get logId(): string {
    return this.#shape.logId;
  }

  get oldestLsn(): Lsn {
    return this.#shape.oldestLsn;
  }

  get startsAfter(): Lsn {
    return this.#shape.startsAfter;
  }

  get firstLsn(): Lsn {
    return firstHeld(this.#shape, this.lastLsn);
  }

  /** Bytes of all segment files, of those too that wait for their unlinking. */
  get sizeBytes(): number {
    const own = this.#own;
    const { segments, dropped } = this.#shape;
    return [...dropped, ...segments].reduce((sum, { number, size }) => sum + (number === own?.number ? fileBytes(own) : size), 0);
  }

  /** Segment files, those too that wait for their unlinking. */
  get segmentCount(): number {
    return this.#shape.dropped.length + this.#shape.segments.length;
  }

  /** Bytes of segment `number` that were written, zeros behind them not counted, if it is the one that takes batches. */
  writtenBytes(number: number): number | undefined {
    return this.#own?.number === number ? this.#own.size : undefined;
  }

  counts(lsn: Lsn): boolean {
    return !isFenced(this.#shape, lsn);
  }

  /** The last record that counts at or below `lsn`. */
  countedUpTo(lsn: Lsn): Lsn {
    return countedUpTo(this.#shape.segments, Math.min(lsn, this.lastLsn));
  }

  /** Takes in a segment that was published: what is above its `continuesAfter` in earlier ones no longer counts. */
  add(segment: OwnSegment): void {
    const { header, number } = segment;
    const size = fileBytes(segment);
    const own = this.#own;
    const { segments, dropped } = this.#shape;
    const earlier = segments.map((s) => (s.number === own?.number ? { ...s, size: fileBytes(own) } : s));
    const arranged = arrange([...earlier, { name: segmentName(number), number, size, header }]);
    this.#own = segment;
    this.lastLsn = header.continuesAfter;
    this.#shape = { ...this.#shape, ...arranged, dropped: [...dropped, ...arranged.dropped] };
  }

  canDrop(lsn: Lsn): boolean {
    const oldest = this.#shape.segments[0];
    return this.#shape.segments.length > 1 && oldest !== undefined && oldest.limit < lsn;
  }

  /** Unlinks the segments that no longer count since `oldestLsn` is above them. Resolves to the bytes freed. */
  removeDropped(): Promise<number> {
    return this.remove(this.#shape.dropped);
  }

  /** Unlinks segments of which nothing counts, which every reader knows by the headers. Resolves to the bytes freed. */
  async remove(files: readonly SegmentFile[]): Promise<number> {
    const gone = new Set<number>();
    let freed = 0;
    for (const { name, number, size } of files) {
      // One that stays is in nobody's way; the next open or truncation tries again.
      if (!(await this.#disk.remove(join(this.directory, name)).then(() => true, () => false))) continue;
      gone.add(number);
      freed += size;
    }
    const kept = <T extends SegmentFile>(all: readonly T[]): readonly T[] => all.filter(({ number }) => !gone.has(number));
    this.#shape = { ...this.#shape, segments: kept(this.#shape.segments), dropped: kept(this.#shape.dropped) };
    return freed;
  }
}
