import { join } from "node:path";
import type { Disk } from "@laminar/disk";
import { isFenced, type LogShape, type Segment, type SegmentFile } from "./log-shape.ts";
import { firstHeld } from "./log-reader.ts";
import type { Lsn } from "./log.ts";
import { segmentName } from "./segment-names.ts";
import type { OwnSegment } from "./segment-writer.ts";

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

  get sizeBytes(): number {
    const own = this.#own;
    return this.#shape.segments.reduce((sum, { number, size }) => sum + (number === own?.number ? own.size : size), 0);
  }

  counts(lsn: Lsn): boolean {
    return !isFenced(this.#shape, lsn);
  }

  /** The last record that counts at or below `lsn`. */
  countedUpTo(lsn: Lsn): Lsn {
    let at = Math.min(lsn, this.lastLsn);
    for (const { header } of [...this.#shape.segments].reverse()) {
      if (at > header.continuesAfter && at < header.baseLsn) at = header.continuesAfter;
    }
    return at;
  }

  /** Takes in a segment that was published: what is above its `continuesAfter` in earlier ones no longer counts. */
  add(segment: OwnSegment): void {
    const { header, number } = segment;
    const own = this.#own;
    const earlier = this.#shape.segments.map((s): Segment => {
      const limit = Math.min(s.limit, header.continuesAfter);
      return { ...s, limit, size: s.number === own?.number ? own.size : s.size };
    });
    const added = { name: segmentName(number), number, size: segment.size, header, limit: Number.POSITIVE_INFINITY };
    this.#own = segment;
    this.lastLsn = header.continuesAfter;
    this.#shape = { ...this.#shape, segments: [...earlier, added] };
  }

  /** Unlinks segments of which nothing counts any more, and every reader knows that by the headers alone. */
  async remove(superseded: readonly SegmentFile[]): Promise<void> {
    const gone = new Set<number>();
    for (const { name, number } of superseded) {
      // One that stays is in nobody's way.
      await this.#disk.remove(join(this.directory, name)).then(() => gone.add(number), () => undefined);
    }
    this.#shape = { ...this.#shape, segments: this.#shape.segments.filter(({ number }) => !gone.has(number)) };
  }

  canDrop(lsn: Lsn): boolean {
    const oldest = this.#shape.segments[0];
    return this.#shape.segments.length > 1 && oldest !== undefined && oldest.limit < lsn;
  }

  /** Unlinks whole segments below `oldestLsn`, which the newest segment states already. Resolves to the bytes freed. */
  async drop(oldestLsn: Lsn): Promise<number> {
    const segments = [...this.#shape.segments];
    let freed = 0;
    while (segments.length > 1 && (segments[0] as Segment).limit < oldestLsn) {
      const { name, size } = segments.shift() as Segment;
      // A file that stays is ignored by every reader, and unlinked by the next open.
      freed += await this.#disk.remove(join(this.directory, name)).then(() => size, () => 0);
    }
    const startsAfter = (segments[0] as Segment).header.continuesAfter;
    this.#shape = { ...this.#shape, segments, oldestLsn, startsAfter };
    return freed;
  }
}
