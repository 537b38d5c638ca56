import assert from "node:assert/strict";
import type { CheckpointStore } from "../checkpoint-store.ts";

/** What the suite needs of a test runner: `node:test`, vitest and others fit. */
export type TestFunction = (name: string, body: () => Promise<void>) => void;

/** Declares one test that has an empty store of its own, and its lock. */
export type Declare = (name: string, run: (store: CheckpointStore) => Promise<void>) => void;

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

export async function stateOf(store: CheckpointStore, id: number): Promise<string> {
  let text = "";
  for await (const chunk of store.readState(id)) text += textOf(chunk);
  return text;
}

export const metadataOf = async (store: CheckpointStore, id: number): Promise<string> => textOf(await store.readMetadata(id));

/** Publishes `state`, with metadata that say which it is. */
export const put = (store: CheckpointStore, id: number, state: string): Promise<void> =>
  store.publish(id, [bytesOf(state)], ({ size }) => bytesOf(`metadata of ${id}, ${size}`));

export async function rejectsWith(code: string, call: Promise<unknown>): Promise<void> {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof Error && error.name === "CheckpointError" && "code" in error, `a CheckpointError expected, not ${String(error)}`);
    assert.equal(error.code, code);
    return true;
  });
}

/** Nothing of `id` is to be had. */
export async function requireUnpublished(store: CheckpointStore, id: number): Promise<void> {
  assert.ok(!(await store.list()).ids.includes(id), `${id} is listed`);
  await rejectsWith("CHECKPOINT_NOT_FOUND", store.readMetadata(id));
  await rejectsWith("CHECKPOINT_NOT_FOUND", stateOf(store, id));
  await rejectsWith("CHECKPOINT_NOT_FOUND", store.revision(id));
}

/** `put(store, id, state)` is to be had, whole. */
export async function requirePublished(store: CheckpointStore, id: number, state: string): Promise<void> {
  assert.ok((await store.list()).ids.includes(id), `${id} isn't listed`);
  assert.equal(await metadataOf(store, id), `metadata of ${id}, ${state.length}`);
  assert.equal(await stateOf(store, id), state);
}

/** For more than a few bytes: what shows how arrays differ (`deepEqual` on Node.js 26) takes gigabytes for a million of them. */
export function requireSameBytes(actual: Uint8Array, expected: Uint8Array): void {
  assert.equal(Buffer.compare(actual, expected), 0, `${actual.length} bytes where ${expected.length} were written, and not the same ones`);
}
