const controller = new AbortController();

/** Aborted once somebody wants the program to end. Whoever waits for another process ends that one, so that all that is left to do is to remove what was made. */
export const interruption: AbortSignal = controller.signal;

/** Why everything ended. */
export class Interrupted extends Error {
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`ended by ${signal}`);
    this.signal = signal;
  }
}

/** From now on a signal that ends programs lets this one remove its directories first. A second one ends it at once. */
export function endInOrder(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => controller.abort(new Interrupted(signal)));
}
