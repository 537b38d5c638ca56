import { nextTurn } from "./event-loop.ts";
import type { Lsn } from "./log.ts";

interface Task {
  /** Runs when everything below it is durable, and nothing from it on has been written. */
  readonly before: Lsn;
  readonly run: () => Promise<void>;
  readonly reject: (error: unknown) => void;
}

/** What a loop runs. */
export interface FlushLoopActions {
  /** Makes durable what waits below `before`. */
  flush(before: Lsn): Promise<void>;
  /** Takes the first failure, of a flush or of a task, and returns what everybody is told. */
  fail(cause: unknown): unknown;
}

/**
 * One flush or task at a time. Tasks run in the order of the calls, each behind what was appended before it and in front of
 * what was appended after it. The first failure ends the loop for good: nothing runs any more, nothing is tried again.
 */
export class FlushLoop {
  readonly #actions: FlushLoopActions;
  readonly #tasks: Task[] = [];
  #isWanted = false;
  #isRunning = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(actions: FlushLoopActions) {
    this.#actions = actions;
  }

  /** Makes durable all that waits, soon. Whoever asks before the flush begins shares it. */
  wantFlush(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
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

  #start(): void {
    if (this.#isRunning || this.#failure) return;
    this.#isRunning = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    try {
      while (this.#isWanted || this.#tasks.length > 0) {
        // Those whom the last flush woke come back in this turn, and those whom the network woke: all share the next one.
        await nextTurn();
        await this.#step();
      }
      this.#isRunning = false;
    } catch (cause) {
      const error = this.#actions.fail(cause);
      this.#failure = { error };
      for (const task of this.#tasks.splice(0)) task.reject(error);
    }
  }

  async #step(): Promise<void> {
    const task = this.#tasks[0];
    if (task === undefined) {
      this.#isWanted = false;
      return this.#actions.flush(Number.POSITIVE_INFINITY);
    }
    await this.#actions.flush(task.before);
    await task.run();
    this.#tasks.shift();
  }
}
