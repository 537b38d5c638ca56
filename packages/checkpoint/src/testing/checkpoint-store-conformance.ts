import type { CheckpointStore } from "../checkpoint-store.ts";
import { argumentConformance } from "./conformance-arguments.ts";
import { owningConformance, reopeningConformance } from "./conformance-owning.ts";
import { publishingConformance } from "./conformance-publishing.ts";
import { readingConformance } from "./conformance-reading.ts";
import { removingConformance } from "./conformance-removing.ts";
import type { Declare, TestFunction } from "./store-assertions.ts";

/** What the suite needs: your test runner, and a way to an empty store. */
export interface StoreConformanceOptions {
  /** Declares a test: the `test` or `it` of any runner. */
  readonly test: TestFunction;
  /** Called at the start of each test: a store of a new, empty place. */
  readonly create: () => Promise<CheckpointStore>;
  /**
   * Another store of the same place, as the next process would have it. Without it what needs two isn't tested: give it for
   * every store that outlives its process.
   */
  readonly reopen?: ((store: CheckpointStore) => Promise<CheckpointStore>) | undefined;
}

/**
 * Declares the tests that every {@link CheckpointStore} passes: every sentence of its contract that shows without a crash. A
 * store that passes them is still to be shown durable.
 */
export function checkpointStoreConformance({ test, create, reopen }: StoreConformanceOptions): void {
  const declare: Declare = (name, run) => {
    test(name, async () => {
      const store = await create();
      const lock = await store.lock();
      try {
        await run(store);
      } finally {
        await lock.release();
      }
    });
  };
  owningConformance(test, create);
  if (reopen) reopeningConformance(test, create, reopen);
  readingConformance(declare);
  publishingConformance(declare);
  removingConformance(declare);
  argumentConformance(declare);
}
