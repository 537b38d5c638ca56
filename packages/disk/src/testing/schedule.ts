import { setImmediate } from "node:timers";
import { createRandom } from "./random.ts";
import type { SimulatedClock } from "./simulated-clock.ts";
import { type InterleavedOperation, StuckError } from "./stuck-error.ts";

/** Turns of the event loop after each step: programs pace themselves by a turn or two. */
const turnsPerStep = 4;
/** So many steps in which nothing waits before time goes on, and before it is believed that nothing runs. */
const stepsBeforeTime = 5;
const stepsBeforeStuck = 100;
/** The most milliseconds that pass while a call takes effect. */
const callMillisecondsMax = 2;
const operationsKept = 20;

/** A call that was made and hasn't taken effect. */
interface Waiting {
  readonly kind: string;
  readonly handle: object | undefined;
  readonly goOn: () => void;
}

export interface ScheduleOptions {
  readonly seed: number;
  readonly timeLimit: number;
}

/** Decides, for one run, which of a machine's calls and timers comes next. */
export class Schedule {
  readonly #clock: SimulatedClock;
  readonly #seed: number;
  readonly #timeLimit: number;
  readonly #random: () => number;
  readonly #lastOperations: InterleavedOperation[] = [];
  #waiting: readonly Waiting[] = [];

  constructor(clock: SimulatedClock, { seed, timeLimit }: ScheduleOptions) {
    this.#clock = clock;
    this.#seed = seed;
    this.#timeLimit = timeLimit;
    this.#random = createRandom(seed);
  }

  /** Settles when it is the turn of a call, which is one of a handle or not. */
  turnOf(kind: string, handle: object | undefined): Promise<void> {
    return new Promise((goOn) => {
      this.#waiting = [...this.#waiting, { kind, handle, goOn }];
    });
  }

  note(operation: InterleavedOperation): void {
    this.#lastOperations.push(operation);
    if (this.#lastOperations.length > operationsKept) this.#lastOperations.shift();
  }

  async run<T>(program: () => Promise<T>): Promise<T> {
    const end = this.#clock.monotonic() + this.#timeLimit;
    const outcome = (async () => program())();
    const state = { isSettled: false };
    const settle = (): void => void (state.isSettled = true);
    outcome.then(settle, settle);
    for (let quiet = 0; ; quiet++) {
      for (let turn = 0; turn < turnsPerStep && !state.isSettled; turn++) await nextTurn();
      if (state.isSettled) return outcome;
      if (this.#step()) quiet = 0;
      else if (quiet >= stepsBeforeTime) this.#passTime(quiet);
      if (this.#clock.monotonic() > end) throw this.#stuck(`it hasn't settled within ${this.#timeLimit} ms of the machine's time`);
    }
  }

  /** Lets all that still wait take effect, in the order of the calls. */
  end(): void {
    for (const { goOn } of this.#waiting) goOn();
  }

  /** Lets one call take effect, or fires a timer that is due; false when there is neither. */
  #step(): boolean {
    const calls = this.#waiting.filter((call) => this.#mayGoOn(call));
    const choices = calls.length + (this.#clock.untilNext() === 0 ? 1 : 0);
    if (choices === 0) return false;
    const chosen = calls[this.#below(choices)];
    if (chosen === undefined) {
      this.#clock.fireNext();
      return true;
    }
    this.#waiting = this.#waiting.filter((call) => call !== chosen);
    // Timers that come due by it wait for their turn like calls.
    this.#clock.elapse(this.#below(callMillisecondsMax + 1));
    chosen.goOn();
    return true;
  }

  /** A handle is freed after the calls that were made on it before. No others come: it counts as closed already. */
  #mayGoOn({ kind, handle }: Waiting): boolean {
    return kind !== "close" || !this.#waiting.some((other) => other.handle === handle && other.kind !== "close");
  }

  #passTime(quiet: number): void {
    const milliseconds = this.#clock.untilNext();
    if (milliseconds !== undefined) this.#clock.elapse(milliseconds);
    else if (quiet >= stepsBeforeStuck) throw this.#stuck("no call of it waits and no timer is set, so it awaits what nothing on this machine settles");
  }

  #stuck(why: string): StuckError {
    return new StuckError(why, this.#seed, [...this.#lastOperations]);
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count);
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
