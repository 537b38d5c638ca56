import assert from "node:assert/strict";
import type { CheckpointReader, CheckpointSurvey } from "../checkpoint-reader.ts";
import { checkpoint, type DeclareReading, partOf, plain, requireError } from "./reader-content.ts";

const first = checkpoint(1, 300);
const delta = checkpoint(2, 40, first);
const last = checkpoint(0x1_0000_0007, 500);
const three = [first, delta, last];

const idsOf = ({ checkpoints }: CheckpointSurvey): readonly number[] => checkpoints.map(({ id }) => id);
const plainSurvey = ({ exists, checkpoints, ignored }: CheckpointSurvey): object => ({
  exists,
  checkpoints: checkpoints.map(({ id, metadata, problem }) => ({ id, metadata: plain(metadata), problem: problem?.message })),
  ignored,
});

/** What a survey says. */
export function surveying(declare: DeclareReading): void {
  declare("surveys a place without checkpoints", [], async ({ reader }) => {
    const { exists, checkpoints, ignored } = await reader.survey();
    assert.equal(typeof exists, "boolean");
    assert.deepEqual([checkpoints, ignored], [[], []]);
  });

  declare("surveys all checkpoints, newest first, with their metadata as they were published", three, async ({ reader }) => {
    const survey = await reader.survey();
    assert.deepEqual([survey.exists, survey.ignored], [true, []]);
    assert.deepEqual(idsOf(survey), [last, delta, first].map(({ metadata }) => metadata.id));
    for (const [i, { metadata }] of [last, delta, first].entries()) {
      assert.deepEqual(plain(survey.checkpoints[i]?.metadata), plain(metadata));
      assert.equal(survey.checkpoints[i]?.problem, undefined);
    }
  });

  declare("says the same at every survey, also after reads that were broken off, and to several at once", three, async ({ reader }) => {
    const before = plainSurvey(await reader.survey());
    await reader.verify(last.metadata);
    for await (const _ of reader.readPart(last.metadata.chain[0] ?? assert.fail())) break;
    await partOf(reader.readPart({ id: 1, size: 1, checksum: 0 }));
    for (const survey of await Promise.all([reader.survey(), reader.survey()])) assert.deepEqual(plainSurvey(survey), before);
  });

  declare(
    "surveys a checkpoint whose metadata don't verify with the reason, and the others as ever",
    three,
    async ({ reader, damage }) => {
      await damage(2, "metadata", (bytes) => bytes.subarray(0, -1));
      const { checkpoints } = await reader.survey();
      assert.deepEqual(checkpoints.map(({ id, metadata }) => [id, metadata !== undefined]), [[last.metadata.id, true], [2, false], [1, true]]);
      requireError(checkpoints[1]?.problem, "CHECKPOINT_CORRUPT", 2);
    },
    "damage",
  );

  declare(
    "surveys a checkpoint whose state is damaged with its metadata",
    three,
    async ({ reader, damage }) => {
      await damage(1, "state", (bytes) => bytes.subarray(0, -1));
      const found = (await reader.survey()).checkpoints.at(-1);
      assert.deepEqual(plain(found?.metadata), plain(first.metadata));
    },
    "damage",
  );

  declare(
    "leaves out what is gone, and doesn't take it out of an earlier survey",
    three,
    async ({ reader, remove }) => {
      const before = await reader.survey();
      await remove(2);
      assert.deepEqual(idsOf(await reader.survey()), [last.metadata.id, 1]);
      assert.deepEqual(idsOf(before), [last.metadata.id, 2, 1]);
    },
    "removal",
  );
}

/** What a reader says of a place where nothing ever was. */
export async function surveysNoPlace(reader: CheckpointReader): Promise<void> {
  for (let look = 0; look < 2; look++) assert.deepEqual(await reader.survey(), { exists: false, checkpoints: [], ignored: [] });
}
