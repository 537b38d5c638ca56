import type { Clock } from "@laminar/disk";

const HOUR = 3_600_000;
const YEAR = 8766 * HOUR;
/** The last moment that a date can say. */
const END_OF_TIME = 8_640_000_000_000_000;

/** How a clock goes wrong, from a moment on. */
export interface Wrong {
  readonly name: string;
  /** What it says, of what is right, and of how often it was asked since. */
  now(right: number, asked: number): number;
  /** The same for the one that intervals are taken from, which never goes back. */
  monotonic(right: number, asked: number, atStart: number): number;
  /** Whether intervals are as they should be: then background work is, too. */
  readonly keepsIntervals: boolean;
}

const right = (value: number): number => value;

const wallClock = (name: string, now: Wrong["now"]): Wrong => ({ name, now, monotonic: right, keepsIntervals: true });

export const WRONG_CLOCKS: readonly Wrong[] = [
  wallClock("ten years back", (value) => value - 10 * YEAR),
  wallClock("before 1970", () => -HOUR),
  wallClock("far ahead", (value) => value + 100 * YEAR),
  wallClock("at the end of time", () => END_OF_TIME),
  wallClock("frozen at a fraction", () => 1.5),
  wallClock("jumping at every look", (value, asked) => value + (asked % 2 === 0 ? -1 : 1) * asked * 24 * HOUR),
  { name: "all clocks frozen", now: () => HOUR, monotonic: (_value, _asked, atStart) => atStart, keepsIntervals: false },
  { name: "intervals far too long", now: right, monotonic: (value, asked) => value + asked * YEAR, keepsIntervals: false },
];

/** A clock that is right until `jumps` says that it is time, and wrong from the next look on. */
export class WrongClock implements Clock {
  readonly #right: Clock;
  readonly #wrong: Wrong | undefined;
  readonly #jumpsAt: number;
  readonly #onLook: () => void;
  #looks = 0;
  #startedAt = 0;

  /** Wrong from the look number `jumpsAt` on, or never. */
  constructor(clock: Clock, wrong?: Wrong, jumpsAt: number = Infinity, onLook: () => void = () => undefined) {
    this.#right = clock;
    this.#wrong = wrong;
    this.#jumpsAt = jumpsAt;
    this.#onLook = onLook;
  }

  now(): number {
    const value = this.#right.now();
    const asked = this.#ask();
    return asked === undefined || this.#wrong === undefined ? value : this.#wrong.now(value, asked);
  }

  monotonic(): number {
    const value = this.#right.monotonic();
    const asked = this.#ask();
    return asked === undefined || this.#wrong === undefined ? value : this.#wrong.monotonic(value, asked, this.#startedAt);
  }

  after(milliseconds: number, callback: () => void): () => void {
    return this.#right.after(milliseconds, callback);
  }

  /** How many looks ago it went wrong, from 1 on; `undefined` while it is right. */
  #ask(): number | undefined {
    this.#onLook();
    const look = this.#looks++;
    if (look < this.#jumpsAt) {
      this.#startedAt = this.#right.monotonic();
      return undefined;
    }
    return look - this.#jumpsAt + 1;
  }
}
