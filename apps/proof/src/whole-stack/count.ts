/** How often each was met. */
export class Counter {
  readonly #counts: Map<string, number> = new Map();

  add(name: string, times = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + times);
  }

  get least(): number {
    return Math.min(...this.#counts.values());
  }

  /** In the order of their names. */
  entries(): readonly (readonly [string, number])[] {
    return [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}
