import assert from "node:assert/strict";
import type { CheckpointReader } from "../checkpoint-reader.ts";
import type { CheckpointContent, CheckpointReaderAbility, CheckpointReaderUnderTest, DeclareReading } from "./reader-content.ts";
import { readingParts } from "./reader-parts.ts";
import { surveying, surveysNoPlace } from "./reader-surveying.ts";
import { verifying } from "./reader-verifying.ts";
import type { TestFunction } from "./store-assertions.ts";

/** What the suite needs: your test runner, and a way to a reader of given content. */
export interface CheckpointReaderConformanceOptions {
  /** Declares a test: the `test` or `it` of any runner. */
  readonly test: TestFunction;
  /** Called at the start of each test: a reader of a new place that holds `content`, whose ids are ascending. */
  readonly create: (content: readonly CheckpointContent[]) => Promise<CheckpointReaderUnderTest>;
  /** A reader of a place that isn't there. Without it that isn't tested. */
  readonly createAbsent?: (() => Promise<CheckpointReader>) | undefined;
  /** Tests that need it aren't declared. @default [] */
  readonly lacks?: readonly CheckpointReaderAbility[] | undefined;
}

const missing = (): never => assert.fail("create() gave no such function: give it, or say that the reader lacks it");

/**
 * Declares the tests that every {@link CheckpointReader} passes: every sentence of its contract that shows on a place at rest, and
 * on one that is damaged or loses checkpoints between two calls. What vanishes during a call is still to be shown.
 */
export function checkpointReaderConformance({ test, create, createAbsent, lacks = [] }: CheckpointReaderConformanceOptions): void {
  const declare: DeclareReading = (name, content, run, ...needs) => {
    if (needs.some((ability) => lacks.includes(ability))) return;
    test(name, async () => {
      const given = await create(content);
      try {
        await run({ reader: given.reader, damage: given.damage ?? missing, remove: given.remove ?? missing });
      } finally {
        await given.dispose?.();
      }
    });
  };
  if (createAbsent) test("says of a place that isn't there that it doesn't exist, and makes none", async () => surveysNoPlace(await createAbsent()));
  surveying(declare);
  verifying(declare);
  readingParts(declare);
}
