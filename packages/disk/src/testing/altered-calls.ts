import { dirname } from "node:path";

/** A call that changes the disk, or makes a change durable, at the moment at which a program makes it. */
export interface ChangingCall {
  readonly kind: "create" | "makeDirectory" | "removeDirectory" | "remove" | "rename" | "syncDirectory" | "write" | "sync";
  readonly path: string;
  /** The new name of a rename. */
  readonly target?: string | undefined;
  /** Where it was made: a line for each frame, the caller's first, as the engine writes them. */
  readonly stack: string;
}

/** What becomes of a call instead of its effect. */
export type Alteration =
  /** It says yes and does nothing. Not for `create`, whose caller needs the file. */
  | "left out"
  /** A rename that isn't atomic: its target comes to be in steps, and the source goes. Not for other calls. */
  | "taken apart"
  /**
   * It says yes at once. `behind` is asked about each changing call that follows: "after" lets it take effect right after that
   * one, "before" right before it, and `undefined` goes on to the next. Then `done` is called. A failure is one of the call
   * that it takes effect at. Not for `create`.
   */
  | {
      readonly behind: Behind;
      /** Called once it has taken effect. */
      readonly done?: (() => void) | undefined;
    };

/** Where, beside a later call, a delayed one takes effect; `undefined` delays it further. */
export type Behind = (next: ChangingCall) => "before" | "after" | undefined;

/** A call as it would take effect, and what its caller is told when it doesn't. */
export interface Effect<T> {
  readonly run: () => Promise<T>;
  /** Only of a rename. */
  readonly takeApart?: (() => Promise<T>) | undefined;
  /** Missing where the caller can't do without the effect. */
  readonly answer?: { readonly value: T } | undefined;
}

interface Held {
  readonly call: ChangingCall;
  readonly behind: Behind;
  readonly run: () => Promise<unknown>;
}

/** Keeps calls in their order but for those that are altered. */
export class AlteredCalls {
  readonly #alter: (call: ChangingCall) => Alteration | undefined;
  #held: Held | undefined;
  /** What was held and is taking effect now; whatever comes meanwhile waits for it. */
  #late: Promise<unknown> | undefined;

  constructor(alter: (call: ChangingCall) => Alteration | undefined) {
    this.#alter = alter;
  }

  async perform<T>(call: ChangingCall, effect: Effect<T>): Promise<T> {
    const { held, takesEffect } = this.#take(call);
    if (takesEffect === "after") {
      const result = this.#inOrder(() => effect.run());
      // Also where that one failed: it was made all the same.
      const late = result.then(held.run, held.run);
      this.#begin(late);
      await Promise.all([result, late]);
      return result;
    }
    if (takesEffect === "before") this.#begin(this.#inOrder(held.run));
    // One at a time.
    const alteration = this.#held === undefined ? this.#alter(call) : undefined;
    if (alteration === undefined) return this.#inOrder(() => effect.run());
    if (alteration === "taken apart") {
      if (effect.takeApart === undefined) throw new TypeError(`A ${call.kind} can't be taken apart; only a rename can.`);
      return this.#inOrder(() => effect.takeApart?.() ?? effect.run());
    }
    return this.#withoutEffect(call, alteration, effect);
  }

  /** The same for a call whose caller doesn't wait: `run` is called now, or when what was held has taken effect. */
  performAtOnce<T>(call: ChangingCall, run: () => T, answer: T): T {
    const { held, takesEffect } = this.#take(call);
    const later = async (): Promise<T> => run();
    if (takesEffect === "after") {
      const result = run();
      this.#begin(held.run());
      return result;
    }
    if (takesEffect === "before") this.#begin(this.#inOrder(held.run));
    const alteration = this.#held === undefined ? this.#alter(call) : undefined;
    if (alteration === "taken apart") throw new TypeError(`A ${call.kind} can't be taken apart; only a rename can.`);
    if (alteration !== undefined) return this.#withoutEffect(call, alteration, { run: later, answer: { value: answer } });
    if (this.#late === undefined) return run();
    this.#begin(this.#late.then(later));
    return answer;
  }

  /** Does what frees something, behind what is held: that may need it. */
  async free(run: () => Promise<void>): Promise<void> {
    const held = this.#held;
    if (held === undefined) return this.#inOrder(run);
    const both = async (): Promise<void> => {
      try {
        await held.run();
      } finally {
        await run();
      }
    };
    this.#held = { ...held, run: both };
  }

  /** Whoever looks at what a call that is held changes there finds it changed: it takes effect first. */
  async look<T>(path: string, run: () => Promise<T>): Promise<T> {
    const held = this.#held;
    if (held !== undefined && changesNamesAt(held.call, path)) {
      this.#held = undefined;
      this.#begin(this.#inOrder(held.run));
    }
    return this.#inOrder(run);
  }

  #withoutEffect<T>(call: ChangingCall, alteration: Exclude<Alteration, "taken apart">, { run, answer }: Effect<T>): T {
    if (answer === undefined) throw new TypeError(`The caller of a ${call.kind} can't do without its effect.`);
    if (alteration === "left out") return answer.value;
    const { behind, done } = alteration;
    this.#held = { call, behind, run: () => run().finally(done) };
    return answer.value;
  }

  /** What is held, if it takes effect at this call. */
  #take(call: ChangingCall): { readonly held: Held; readonly takesEffect: "before" | "after" } | { readonly held?: undefined; readonly takesEffect?: undefined } {
    const held = this.#held;
    const takesEffect = held?.behind(call);
    if (held === undefined || takesEffect === undefined) return {};
    this.#held = undefined;
    return { held, takesEffect };
  }

  #inOrder<T>(run: () => Promise<T>): Promise<T> {
    return this.#late === undefined ? run() : this.#late.then(run);
  }

  #begin(late: Promise<unknown>): void {
    this.#late = late;
    // Whoever comes next is told of a failure.
    const end = (): void => void (this.#late === late && (this.#late = undefined));
    late.then(end, end);
  }
}

function changesNamesAt({ kind, path, target = path }: ChangingCall, place: string): boolean {
  if (kind === "sync" || kind === "syncDirectory" || kind === "write") return false;
  return [path, target, dirname(path), dirname(target)].includes(place);
}
