import type { StateStore } from "../state-store.ts";
import { captureBytesPromises } from "./capture-bytes-promises.ts";
import { capturePromises } from "./capture-promises.ts";
import { entryPromises } from "./entry-promises.ts";
import { restorePromises } from "./restore-promises.ts";

export interface StateStoreConformance {
  /** Registers a test: `test` of vitest, `node:test`, Jest and others fits. */
  readonly test: (name: string, body: () => Promise<void>) => unknown;
  /** A new, empty store for each test. */
  readonly create: () => StateStore | Promise<StateStore>;
}

/** Registers one test for each promise of `StateStore`. */
export function stateStoreConformance({ test, create }: StateStoreConformance): void {
  for (const [name, run] of Object.entries({ ...entryPromises, ...capturePromises, ...captureBytesPromises, ...restorePromises })) {
    test(`a state store ${name}`, async () => run(await create()));
  }
}
