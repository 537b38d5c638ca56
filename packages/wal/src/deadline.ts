import type { Clock } from "@laminar/disk";

/**
 * Calls `onDue` once when `milliseconds` have passed since the last `start`. A start costs a look at the clock: one timer
 * runs on through starts and stops, and finds out when it fires whether it still has to wait.
 */
export class Deadline {
  readonly #clock: Clock;
  readonly #milliseconds: number;
  readonly #onDue: () => void;
  #startedAt: number | undefined;
  #cancelTimer: (() => void) | undefined;
  #isOver = false;

  constructor(clock: Clock, milliseconds: number, onDue: () => void) {
    this.#clock = clock;
    this.#milliseconds = milliseconds;
    this.#onDue = onDue;
  }

  get isRunning(): boolean {
    return this.#startedAt !== undefined;
  }

  start(): void {
    if (this.#isOver) return;
    this.#startedAt = this.#clock.monotonic();
    if (this.#cancelTimer === undefined && this.#milliseconds !== Number.POSITIVE_INFINITY) this.#wait(this.#milliseconds);
  }

  stop(): void {
    this.#startedAt = undefined;
  }

  /** Stops for good and leaves no timer behind. */
  end(): void {
    this.#isOver = true;
    this.#startedAt = undefined;
    this.#cancelTimer?.();
  }

  #wait(milliseconds: number): void {
    this.#cancelTimer = this.#clock.after(milliseconds, () => {
      this.#cancelTimer = undefined;
      if (this.#startedAt === undefined) return;
      const left = this.#startedAt + this.#milliseconds - this.#clock.monotonic();
      if (left > 0) return this.#wait(left);
      this.#startedAt = undefined;
      this.#onDue();
    });
  }
}
