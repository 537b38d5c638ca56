import assert from "node:assert/strict";
import type { ChainPart, CheckpointMetadata } from "../checkpoint-metadata.ts";
import type { VerifyProgress } from "../checkpoint-reader.ts";
import { checkpoint, type DeclareReading, rejectionOf, requireError } from "./reader-content.ts";

const base = checkpoint(1, 3_000_000);
const middle = checkpoint(2, 0, base);
const top = checkpoint(3, 70_000, middle);
const chain = [base, middle, top];
const chainBytes = 3_070_000;

/** The top's metadata with another part in its chain. */
const withPart = (id: number, change: (part: ChainPart) => Partial<ChainPart>): CheckpointMetadata => ({
  ...top.metadata,
  chain: top.metadata.chain.map((part) => (part.id === id ? { ...part, ...change(part) } : part)),
});

/** What may have become of bytes. */
const changes: readonly ((bytes: Uint8Array) => Uint8Array)[] = [
  (bytes) => bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte)),
  (bytes) => bytes.subarray(0, -1),
  (bytes) => Uint8Array.of(...bytes.subarray(0, 10), ...bytes.subarray(0, 10)),
  () => new Uint8Array(0),
];

/** What `verify` finds, and what it tells. */
export function verifying(declare: DeclareReading): void {
  declare("verifies a whole chain, and each checkpoint of it, also several at once", chain, async ({ reader }) => {
    await Promise.all([...chain, top].map(({ metadata }) => reader.verify(metadata)));
  });

  declare("holds every part of a chain against size and checksum in the metadata, and names the one that differs", chain, async ({ reader }) => {
    for (const id of [1, 3]) {
      for (const change of [({ size }: ChainPart) => ({ size: size + 1 }), ({ size }: ChainPart) => ({ size: size - 1 }), ({ checksum }: ChainPart) => ({ checksum: checksum ^ 1 })]) {
        requireError(await rejectionOf(reader.verify(withPart(id, change))), "CHECKPOINT_CORRUPT", id);
      }
    }
    requireError(await rejectionOf(reader.verify(withPart(2, () => ({ size: 1 })))), "CHECKPOINT_CORRUPT", 2);
    await reader.verify(top.metadata);
  });

  declare("answers for a part that was never there with CHECKPOINT_NOT_FOUND", [base], async ({ reader }) => {
    requireError(await rejectionOf(reader.verify(top.metadata)), "CHECKPOINT_NOT_FOUND", 2);
  });

  for (const [at, change] of changes.entries()) {
    declare(
      `finds a part that was ${["changed", "cut short", "replaced", "emptied"][at]}, the first one of a chain too`,
      [checkpoint(1, 5000), checkpoint(2, 100, checkpoint(1, 5000))],
      async ({ reader, damage }) => {
        const { metadata } = checkpoint(2, 100, checkpoint(1, 5000));
        await damage(2, "state", change);
        requireError(await rejectionOf(reader.verify(metadata)), "CHECKPOINT_CORRUPT", 2);
        await damage(1, "state", change);
        requireError(await rejectionOf(reader.verify(metadata)), "CHECKPOINT_CORRUPT", 1);
      },
      "damage",
    );
  }

  declare(
    "answers for a part that has gone with CHECKPOINT_NOT_FOUND, and for the other parts as before",
    chain,
    async ({ reader, remove }) => {
      await remove(3);
      requireError(await rejectionOf(reader.verify(top.metadata)), "CHECKPOINT_NOT_FOUND", 3);
      await reader.verify(base.metadata);
    },
    "removal",
  );

  aborting(declare);
}

function aborting(declare: DeclareReading): void {
  declare("tells after each chunk how many bytes of how many are right, the last time all", chain, async ({ reader }) => {
    const told: VerifyProgress[] = [];
    await reader.verify(top.metadata, { onProgress: (progress) => void told.push({ ...progress }) });
    assert.ok(told.length >= 2, `${told.length} reports of a chain with two parts that have bytes`);
    for (const [i, { bytes, ofBytes }] of told.entries()) assert.ok(bytes >= (told[i - 1]?.bytes ?? 0) && ofBytes === chainBytes, `${bytes} of ${ofBytes}`);
    assert.equal(told.at(-1)?.bytes, chainBytes);
  });

  declare("ends with what onProgress throws", chain, async ({ reader }) => {
    const reason = new Error("seen enough");
    const onProgress = (): never => {
      throw reason;
    };
    assert.equal(await rejectionOf(reader.verify(top.metadata, { onProgress })), reason);
  });

  declare("rejects with the signal's reason, before anything is read, when it was aborted before", chain, async ({ reader }) => {
    const signal = { aborted: true, reason: "a reason may be anything" };
    let told = 0;
    const wrong = withPart(1, () => ({ size: 1 }));
    for (const metadata of [top.metadata, wrong]) assert.equal(await rejectionOf(reader.verify(metadata, { signal, onProgress: () => void told++ })), signal.reason);
    assert.equal(told, 0);
  });

  declare("rejects with the signal's reason after the chunk in which it was aborted, and reads on as ever later", chain, async ({ reader }) => {
    const signal = { aborted: false, reason: new Error("not any more") };
    let told = 0;
    const onProgress = (): void => {
      told++;
      signal.aborted = true;
    };
    assert.equal(await rejectionOf(reader.verify(top.metadata, { signal, onProgress })), signal.reason);
    assert.equal(told, 1);
    await reader.verify(top.metadata, { signal: { aborted: false } });
  });
}
