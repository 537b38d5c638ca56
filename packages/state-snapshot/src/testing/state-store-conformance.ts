import type { StateStore } from "../state-store.ts";
import { batchPromises } from "./batch-promises.ts";
import { captureBytesPromises } from "./capture-bytes-promises.ts";
import { capturePromises } from "./capture-promises.ts";
import { entryPromises } from "./entry-promises.ts";
import { restorePromises } from "./restore-promises.ts";

/** What the suite needs: your test runner, and a way to an empty store. */
export interface StateStoreConformance {
  /** Registers a test: `test` of vitest, `node:test`, Jest and others fits. */
  readonly test: (name: string, body: () => Promise<void>) => unknown;
  /** A new, empty store for each test. */
  readonly create: () => StateStore | Promise<StateStore>;
}

/** Registers one test for each promise of `StateStore`. */
export function stateStoreConformance({ test, create }: StateStoreConformance): void {
  const promises = { ...entryPromises, ...batchPromises, ...capturePromises, ...captureBytesPromises, ...restorePromises };
  for (const [name, run] of Object.entries(promises)) {
    test(`a state store ${name}`, async () => run(await create()));
  }
}
