import assert from "node:assert/strict";
import { checkpoint, type DeclareReading, partOf, requireError } from "./reader-content.ts";

const small = checkpoint(1, 100);
const empty = checkpoint(2, 0, small);
const large = checkpoint(3, 3_000_000);
const all = [small, empty, large];

const own = ({ metadata }: typeof small): { readonly id: number; readonly size: number; readonly checksum: number } => metadata.chain.at(-1) ?? assert.fail();

/** The bytes of one part. */
export function readingParts(declare: DeclareReading): void {
  declare("reads each checkpoint's own part, none at all too, from its start at every call", all, async ({ reader }) => {
    for (const content of [...all, large]) {
      const { bytes, error } = await partOf(reader.readPart(own(content)));
      assert.deepEqual([error, Buffer.compare(bytes, content.state)], [undefined, 0]);
    }
  });

  declare("reads a part for several at once", all, async ({ reader }) => {
    const readers = [large, large, small].map((content) => ({ content, chunks: reader.readPart(own(content))[Symbol.asyncIterator](), bytes: 0 }));
    for (let open = readers.length; open > 0; ) {
      for (const reading of readers) {
        if (reading.bytes < 0) continue;
        const { done, value } = await reading.chunks.next();
        const { content, bytes } = reading;
        if (!done) assert.equal(Buffer.compare(value, content.state.subarray(bytes, bytes + value.length)), 0);
        else assert.equal(bytes, content.state.length);
        reading.bytes = done ? -1 : bytes + value.length;
        open -= done ? 1 : 0;
      }
    }
  });

  declare("throws before the last chunk of a part whose size or checksum differ", all, async ({ reader }) => {
    for (const content of [small, large]) {
      const { id, size, checksum } = own(content);
      for (const part of [{ id, size: size + 1, checksum }, { id, size: size - 1, checksum }, { id, size, checksum: checksum ^ 1 }]) {
        const { bytes, error } = await partOf(reader.readPart(part));
        requireError(error, "CHECKPOINT_CORRUPT", id);
        assert.ok(bytes.length < Math.min(size, part.size), `${bytes.length} of ${part.size} bytes were given out`);
      }
    }
    requireError((await partOf(reader.readPart({ ...own(empty), size: 1 }))).error, "CHECKPOINT_CORRUPT", 2);
  });

  declare("reads again what a caller broke off", all, async ({ reader }) => {
    for await (const chunk of reader.readPart(own(large))) {
      assert.ok(chunk.length > 0);
      break;
    }
    assert.equal(Buffer.compare((await partOf(reader.readPart(own(large)))).bytes, large.state), 0);
  });

  declare("answers for a part that isn't there with CHECKPOINT_NOT_FOUND", all, async ({ reader }) => {
    requireError((await partOf(reader.readPart({ id: 7, size: 100, checksum: 0 }))).error, "CHECKPOINT_NOT_FOUND", 7);
  });

  declare(
    "throws before the last chunk of a part that was damaged",
    all,
    async ({ reader, damage }) => {
      await damage(3, "state", (bytes) => bytes.map((byte, at) => (at === 0 ? byte ^ 1 : byte)));
      const { bytes, error } = await partOf(reader.readPart(own(large)));
      requireError(error, "CHECKPOINT_CORRUPT", 3);
      assert.ok(bytes.length < own(large).size);
    },
    "damage",
  );

  declare(
    "answers for a part that has gone with CHECKPOINT_NOT_FOUND",
    all,
    async ({ reader, remove }) => {
      await remove(1);
      requireError((await partOf(reader.readPart(own(small)))).error, "CHECKPOINT_NOT_FOUND", 1);
    },
    "removal",
  );
}
