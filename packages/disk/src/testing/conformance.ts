import { atOnceConformance } from "./conformance-at-once.ts";
import { clockConformance } from "./conformance-clock.ts";
import { directoryConformance } from "./conformance-directories.ts";
import { fileConformance } from "./conformance-files.ts";
import { ownersConformance } from "./conformance-owners.ts";
import type { Disk } from "../disk.ts";

/** A disk and an empty directory on it, for one test. */
export interface DiskUnderTest {
  readonly disk: Disk;
  readonly directory: string;
  /** Lets the disk's clock go on, where it doesn't go by itself. */
  readonly passTime?: ((milliseconds: number) => void) | undefined;
  /** Called once, after the test. */
  dispose(): Promise<void>;
}

/** What the suite needs: your test runner, and a way to an empty directory on your disk. */
export interface DiskConformanceOptions {
  /** Declares a test: the `test` or `it` of any runner. */
  test(name: string, run: () => Promise<void>): unknown;
  /** Called at the start of each test. */
  create(): Promise<DiskUnderTest>;
  /**
   * Whether a renamed directory replaces an empty one, as everywhere but on Windows.
   * @default true
   */
  readonly replacesDirectories?: boolean | undefined;
}

/** Declares one test that has a disk and an empty directory of its own. */
export type Declare = (name: string, run: (disk: Disk, directory: string, given: DiskUnderTest) => Promise<void>) => void;

/**
 * Declares the tests that every {@link Disk} passes: what its contract says and what shows without a crash. A disk that
 * passes them is still to be shown durable.
 */
export function diskConformance(options: DiskConformanceOptions): void {
  const declare: Declare = (name, run) => {
    options.test(name, async () => {
      const given = await options.create();
      try {
        await run(given.disk, given.directory, given);
      } finally {
        await given.dispose();
      }
    });
  };
  fileConformance(declare);
  directoryConformance(declare, options.replacesDirectories ?? true);
  atOnceConformance(declare);
  clockConformance(declare);
  ownersConformance(declare);
}
