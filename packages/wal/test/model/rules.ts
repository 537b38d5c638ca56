/** The rules of the log that can be taken out one at a time, to show that each is needed and that its loss is found. */
export interface Rules {
  /** Of a segment counts what the smallest `continuesAfter` of all later ones allows, not of the next one alone. */
  readonly smallestLimit: boolean;
  /** A segment that was published leaves a head, and its loss shows by that. */
  readonly head: boolean;
  /** Copies say that durable is what was proven before them, never their own last record. */
  readonly copiesProveNothing: boolean;
  /** A segment that was published gets a marker, so that what it says counts as proven. */
  readonly marker: boolean;
  /** A fence that isn't proven is stated again by the next open. */
  readonly fencesRestated: boolean;
  /** An open unlinks what was dropped only once the segment that says so is known to be there for good. */
  readonly droppedWait: boolean;
  /** Every segment says again what may have been dropped. */
  readonly oldestRestated: boolean;
  /** A body ends in a byte that isn't zero. */
  readonly endByte: boolean;
  /** Zeros at the end of a file are as if they weren't there. */
  readonly zerosAtEnd: boolean;
  /** What no torn write leaves, or one flipped bit explains, is suspected damage. */
  readonly suspect: boolean;
  /** A segment's content is durable before it gets its name. */
  readonly syncBeforeRename: boolean;
  /** Names are durable before anything is built on them. */
  readonly directorySync: boolean;
}

export const RULES: Rules = {
  smallestLimit: true,
  head: true,
  copiesProveNothing: true,
  marker: true,
  fencesRestated: true,
  droppedWait: true,
  oldestRestated: true,
  endByte: true,
  zerosAtEnd: true,
  suspect: true,
  syncBeforeRename: true,
  directorySync: true,
};
