import { setImmediate } from "node:timers";

/** Settles in the next turn of the event loop, when everything that was ready in this one has run. Keeps the program alive. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
