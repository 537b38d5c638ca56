import { setImmediate } from "node:timers";

/** Runs `action` in the next turn of the event loop, when everything that was ready in this one has run. Keeps the program alive. */
export function inNextTurn(action: () => unknown): void {
  setImmediate(action);
}

/** Settles in the next turn of the event loop, as above. */
export function nextTurn(): Promise<void> {
  return new Promise(inNextTurn);
}
