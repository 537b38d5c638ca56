/** The time of a machine. A simulated machine brings its own, so that a test decides when a timer fires. */
export interface Clock {
  /** Wall clock, milliseconds since 1970. May jump either way: for labels only, never for a decision. */
  now(): number;
  /** Milliseconds since some start, never going back: for intervals. */
  monotonic(): number;
  /**
   * Calls `callback` once, `milliseconds` from now. The timer never keeps a program alive. Returns a function that calls it
   * off; calling that twice, or after the timer fired, does nothing.
   */
  after(milliseconds: number, callback: () => void): () => void;
}
