import type { SimulatedDisk } from "./simulated-disk.ts";

/** More turns of the event loop than anything takes that waits for no time and for nothing outside. */
const idleTurns = 500;
/** Longer than any timer of a program that is tested. */
const longWait = 3_600_000;

/**
 * Settles as `promise` does. Rejects when it is pending though nothing is left that could run: the disk's operations stand still
 * for many turns of the event loop, also after an hour of the disk's time went by.
 */
export async function withoutHanging<T>(disk: SimulatedDisk, promise: Promise<T>): Promise<T> {
  const state = { isSettled: false };
  const settle = (): void => void (state.isSettled = true);
  promise.then(settle, settle);
  await untilIdle(disk, state);
  if (!state.isSettled) disk.advance(longWait);
  await untilIdle(disk, state);
  if (!state.isSettled) throw new Error(`It hangs: nothing is left to run. The last operation was ${JSON.stringify(disk.operations.at(-1))}.`);
  return promise;
}

async function untilIdle(disk: SimulatedDisk, state: { readonly isSettled: boolean }): Promise<void> {
  let operations = disk.operations.length;
  for (let idle = 0; !state.isSettled && idle < idleTurns; idle++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (disk.operations.length !== operations) idle = 0;
    operations = disk.operations.length;
  }
}
