import { inNextTurn } from "./event-loop.ts";
import type { Lsn } from "./log.ts";

interface Task {
  /** Runs when everything below it is durable, and nothing from it on has been written. */
  readonly before: Lsn;
  readonly run: () => Promise<void>;
  readonly reject: (error: unknown) => void;
}

/**
 * One caller alone who commits again and again shares with nobody, so its flushes don't wait for a turn of the event loop each, which was
 * a third of what they cost where syncs are quick. Everybody else waits for so many of them at most.
 */
const STEPS_A_TURN = 16;
/** A caller who was woken asks again after as many microtasks as there are promises in between, or not in this turn. */
const TICKS_UNTIL_BACK = 8;

/** What a loop runs. Work that is done when it returns gives no promise: a flush of few bytes with a quick sync takes no other turn, and no promises. */
export interface FlushLoopActions {
  /** Writes the batches that are full. */
  write(): Promise<void> | undefined;
  /** Writes all that waits below `before`. */
  beginFlush(before: Lsn): Promise<void> | undefined;
  /** Makes durable what is written. */
  endFlush(): Promise<void> | undefined;
  /** Whether the last flush woke one caller and no more. */
  wokeOne(): boolean;
  /** Takes the first failure, of a flush or of a task, and returns what everybody is told. */
  fail(cause: unknown): unknown;
  /** Called when everybody was told, and nothing runs any more. */
  hasFailed(): void;
}

/**
 * One flush or task at a time. Tasks run in the order of the calls, each behind what was appended before it and in front of
 * what was appended after it. The first failure ends the loop for good: nothing runs any more, nothing is tried again.
 */
export class FlushLoop {
  readonly #actions: FlushLoopActions;
  readonly #tasks: Task[] = [];
  #isFlushWanted = false;
  #isWriteWanted = false;
  #isRunning = false;
  /** Whether batches are being written that others must not write beside. */
  #isWriting = false;
  #outside: { readonly cause: unknown } | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(actions: FlushLoopActions) {
    this.#actions = actions;
  }

  /** Whether batches may be written from outside: nothing is under way but a sync, which covers what was written before it, and no task waits. */
  get isFree(): boolean {
    return !this.#isWriting && this.#tasks.length === 0 && !this.#outside;
  }

  /** Makes durable all that waits, soon. Whoever asks before the flush begins shares it. */
  wantFlush(): void {
    this.#isFlushWanted = true;
    this.#start();
  }

  /** Writes the batches that are full, soon. */
  wantWrite(): void {
    this.#isWriteWanted = true;
    this.#start();
  }

  /** Runs `action` behind everything below `before`. What it throws is a failure like any other. */
  do<T>(before: Lsn, action: () => Promise<T>): Promise<T> {
    if (this.#failure) return Promise.reject(this.#failure.error);
    return new Promise((resolve, reject) => {
      this.#tasks.push({ before, run: async () => resolve(await action()), reject });
      this.#start();
    });
  }

  /**
   * Takes a failure from outside. It is told in another turn: who is called here may have asked for syncs in this one, and waits for them
   * only after the next call, which must not be refused before.
   */
  failSoon(cause: unknown): void {
    this.#outside ??= { cause };
    this.#start();
  }

  #start(): void {
    if (this.#isRunning || this.#failure) return;
    this.#isRunning = true;
    // Those whom the last flush woke come back in this turn, and those whom the network woke: all share the next one.
    inNextTurn(this.#turn);
  }

  readonly #turn = async (): Promise<void> => {
    try {
      for (let steps = 1; ; steps++) {
        const step = this.#step();
        if (step) await step;
        if (step || steps === STEPS_A_TURN || !this.#actions.wokeOne() || !(await this.#isAskedAgain())) break;
      }
    } catch (cause) {
      return this.#end(cause);
    }
    this.#isRunning = false;
    if (this.#isFlushWanted || this.#isWriteWanted || this.#outside || this.#tasks.length > 0) this.#start();
  };

  /** Whether a flush is wanted again in this turn, by the one caller whom the last one woke: there is nobody to share it with. */
  async #isAskedAgain(): Promise<boolean> {
    for (let tick = 0; tick < TICKS_UNTIL_BACK && !this.#isFlushWanted; tick++) await Promise.resolve();
    return this.#isFlushWanted && this.isFree;
  }

  #end(cause: unknown): void {
    const error = this.#actions.fail(cause);
    this.#failure = { error };
    for (const task of this.#tasks.splice(0)) task.reject(error);
    this.#actions.hasFailed();
  }

  #step(): Promise<void> | undefined {
    if (this.#outside) throw this.#outside.cause;
    const task = this.#tasks[0];
    if (task !== undefined) return this.#runTask(task);
    const isFlush = this.#isFlushWanted;
    this.#isFlushWanted = false;
    this.#isWriteWanted = false;
    return isFlush ? this.#flush() : this.#whileWriting(this.#actions.write());
  }

  async #runTask(task: Task): Promise<void> {
    await this.#actions.beginFlush(task.before);
    await this.#actions.endFlush();
    await task.run();
    this.#tasks.shift();
  }

  #flush(): Promise<void> | undefined {
    const written = this.#whileWriting(this.#actions.beginFlush(Number.POSITIVE_INFINITY));
    return written ? written.then(() => this.#actions.endFlush()) : this.#actions.endFlush();
  }

  #whileWriting(written: Promise<void> | undefined): Promise<void> | undefined {
    if (written === undefined) return undefined;
    this.#isWriting = true;
    return written.then(() => {
      this.#isWriting = false;
    });
  }
}
