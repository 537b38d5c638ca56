/** How the tests of a run ended. */
export interface Result {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The plainest runner: a runtime that has none, or another one, runs the same tests. */
export class CollectedTests {
  readonly #tests: (readonly [name: string, body: () => Promise<unknown>])[] = [];
  readonly #patienceMs: number;
  #skipped = 0;

  /** @param patienceMs how long a test may take before it counts as failed, so that one that hangs doesn't hold up the others */
  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs;
  }

  /** Declares tests whose names begin with `group`. */
  in(group: string): ((name: string, body: () => Promise<unknown>) => void) & { readonly skip: () => void } {
    const declare = (name: string, body: () => Promise<unknown>): void => void this.#tests.push([`${group}: ${name}`, body]);
    return Object.assign(declare, { skip: (): void => void (this.#skipped += 1) });
  }

  /** Runs them in the order of their declaration; tells each failure. */
  async run(tell: (failure: string) => void): Promise<Result> {
    let failed = 0;
    for (const [name, body] of this.#tests) {
      try {
        await this.#withPatience(body);
      } catch (error) {
        failed += 1;
        tell(`FAILED ${name}\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      }
    }
    return { passed: this.#tests.length - failed, failed, skipped: this.#skipped };
  }

  async #withPatience(body: () => Promise<unknown>): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const lost = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`it hasn't ended after ${this.#patienceMs / 1000} s`)), this.#patienceMs);
    });
    try {
      await Promise.race([body(), lost]);
    } finally {
      clearTimeout(timer);
    }
  }
}
