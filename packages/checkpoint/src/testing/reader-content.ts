import assert from "node:assert/strict";
import { crc32 } from "@laminar/disk/checksum";
import type { CheckpointMetadata } from "../checkpoint-metadata.ts";
import type { CheckpointReader } from "../checkpoint-reader.ts";

/** A checkpoint that a reader is to find: these metadata, and these bytes as its own part. */
export interface CheckpointContent {
  readonly metadata: CheckpointMetadata;
  readonly state: Uint8Array;
}

/** A reader, for one test. */
export interface CheckpointReaderUnderTest {
  readonly reader: CheckpointReader;
  /**
   * Puts what `change` makes of a state's bytes in their place, behind the reader's back; for metadata, whatever makes them
   * damaged. Needed for "damage".
   */
  readonly damage?: ((id: number, part: "metadata" | "state", change: (bytes: Uint8Array) => Uint8Array) => Promise<void>) | undefined;
  /** Takes a checkpoint away as its owner would. Needed for "removal". */
  readonly remove?: ((id: number) => Promise<void>) | undefined;
  /** Called once, after the test. */
  readonly dispose?: (() => Promise<void>) | undefined;
}

/** What not every reader can be asked for: bytes that somebody damages, checkpoints that go. */
export type CheckpointReaderAbility = "damage" | "removal";

/** What a test works on; what it doesn't need may be missing, and fails when it is called. */
export interface GivenReader {
  readonly reader: CheckpointReader;
  readonly damage: NonNullable<CheckpointReaderUnderTest["damage"]>;
  readonly remove: NonNullable<CheckpointReaderUnderTest["remove"]>;
}

/** Declares one test of a reader over `content`. */
export type DeclareReading = (
  name: string,
  content: readonly CheckpointContent[],
  run: (given: GivenReader) => Promise<void>,
  ...needs: readonly CheckpointReaderAbility[]
) => void;

/** Bytes that show where they belong. */
const stateBytes = (id: number, size: number): Uint8Array => Uint8Array.from({ length: size }, (_, at) => (id * 31 + at * 7 + (at >> 8)) & 255);

/** A full checkpoint, or with `base` a delta on it. All that metadata can say is said. */
export function checkpoint(id: number, size: number, base?: CheckpointContent): CheckpointContent {
  const state = stateBytes(id, size);
  const metadata: CheckpointMetadata = {
    id,
    epoch: id + 1,
    timestamp: 1_700_000_000_000 + id,
    walPosition: id * 10,
    walId: "00112233445566778899aabbccddeeff",
    sourceOffsets: new Map([["kafka/0", 2n ** 64n - 1n], ["ü", -(2n ** 63n)], ["events", BigInt(id)]]),
    watermark: BigInt(-id),
    sizeBytes: size,
    keyCount: id * 2,
    kind: base ? "delta" : "full",
    isIncremental: base !== undefined,
    parentId: base?.metadata.id,
    chain: [...(base?.metadata.chain ?? []), { id, size, checksum: crc32(state) }],
  };
  return { metadata, state };
}

/** Without what is left out and what is `undefined`, which say the same. */
export const plain = (metadata: CheckpointMetadata | undefined): object => Object.fromEntries(Object.entries(metadata ?? {}).filter(([, value]) => value !== undefined));

/** A chunk after the other until the end or a failure. */
export async function partOf(chunks: AsyncIterable<Uint8Array>): Promise<{ readonly bytes: Uint8Array; readonly error: unknown }> {
  const read: Uint8Array[] = [];
  try {
    for await (const chunk of chunks) read.push(chunk.slice());
    return { bytes: joined(read), error: undefined };
  } catch (error) {
    return { bytes: joined(read), error };
  }
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  chunks.reduce((at, chunk) => (bytes.set(chunk, at), at + chunk.length), 0);
  return bytes;
}

/** The error that this code stands for, about the checkpoint `id`. */
export function requireError(error: unknown, code: string, id: number): void {
  assert.ok(error instanceof Error && error.name === "CheckpointError" && "code" in error && "id" in error, `a CheckpointError expected, not ${String(error)}`);
  assert.deepEqual([error.code, error.id], [code, id]);
}

export async function rejectionOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => assert.fail("it should have been refused"),
    (error: unknown) => error,
  );
}
