import type { Clock } from "../clock.ts";

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

const someDay = Date.UTC(2024, 0, 1);

/** A clock that stands still until it is told to go on. */
export class SimulatedClock implements Clock {
  readonly #start: number;
  /** Since the first machine of a test was started; later ones go on from there. */
  #elapsed: number;
  /** In the order in which they were set. */
  readonly #timers: Set<Timer> = new Set();

  constructor(elapsed = 0) {
    this.#start = this.#elapsed = elapsed;
  }

  now(): number {
    return someDay + this.#elapsed;
  }

  get elapsed(): number {
    return this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed - this.#start;
  }

  after(milliseconds: number, callback: () => void): () => void {
    const timer = { due: this.#elapsed + Math.max(0, milliseconds), callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  advance(milliseconds: number): void {
    if (!(milliseconds >= 0)) throw new RangeError(`Time goes on by 0 ms or more, not by ${milliseconds}.`);
    const end = this.#elapsed + milliseconds;
    while (this.#next(end) !== undefined) this.fireNext();
    this.#elapsed = Math.max(this.#elapsed, end);
  }

  /** Lets time pass and fires nothing: what comes due is late. */
  elapse(milliseconds: number): void {
    this.#elapsed += milliseconds;
  }

  /** Milliseconds until a timer is due, 0 when one is; `undefined` without timers. */
  untilNext(): number | undefined {
    const timer = this.#next(Infinity);
    return timer && Math.max(0, timer.due - this.#elapsed);
  }

  /** Fires the timer that comes due first, at its time or at once when it is late. */
  fireNext(): void {
    const timer = this.#next(Infinity);
    if (timer === undefined) return;
    this.#timers.delete(timer);
    this.#elapsed = Math.max(this.#elapsed, timer.due);
    timer.callback();
  }

  #next(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (timer.due <= end && timer.due < (next?.due ?? Infinity)) next = timer;
    return next;
  }
}
