import { join } from "node:path";
import { Vanished } from "./log-requests.ts";
import type { SegmentFile } from "./log-shape.ts";
import { SEGMENT_HEADER_BYTES } from "./segment-format.ts";

/** A segment's file, and bytes that begin with its header. */
export interface KnownSegment {
  readonly file: SegmentFile;
  readonly head: Uint8Array;
}

/**
 * Segments that needn't be looked at again. A file doesn't change any more once a newer one is there, so all but the newest
 * are known for good, as long as it is the same log that stands there: the one that was the newest shows that, which nobody
 * could have put back without all that is before it.
 */
export class KnownSegments {
  #segments: ReadonlyMap<number, KnownSegment> = new Map();
  #newest: KnownSegment | undefined;

  get(number: number): KnownSegment | undefined {
    return this.#segments.get(number);
  }

  /** Before a look at what is listed: of `numbers`, which ascend, the newest is to be looked at in any case. */
  expect(numbers: readonly number[]): void {
    if (this.#newest && !numbers.includes(this.#newest.file.number)) this.clear();
    const newest = numbers.at(-1);
    if (newest !== undefined && this.#segments.has(newest)) this.clear();
  }

  /** After the look. Throws `Vanished` when another log has taken the place of the one that was known. */
  learn(directory: string, found: readonly KnownSegment[]): void {
    const before = this.#newest;
    const now = found.find(({ file }) => file.number === before?.file.number);
    this.#segments = new Map(found.slice(0, -1).map((segment) => [segment.file.number, segment]));
    this.#newest = found.at(-1);
    if (!before || !now || hasSameHeader(before.head, now.head)) return;
    this.clear();
    throw new Vanished(join(directory, now.file.name), "another file has taken its place");
  }

  clear(): void {
    this.#segments = new Map();
    this.#newest = undefined;
  }
}

function hasSameHeader(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < SEGMENT_HEADER_BYTES; i++) if (a[i] !== b[i]) return false;
  return true;
}
