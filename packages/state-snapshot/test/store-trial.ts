import { crc32 } from "@laminar/disk/checksum";
import { expect } from "vitest";
import { StateDelta, StateSnapshot, createStateStore, encodeSnapshot, mergeSnapshots } from "../src/index.ts";
import type { SnapshotEntry, StateCapture, StateStore } from "../src/index.ts";
import { inOneArray } from "./change-samples.ts";
import { bytes, collected, isSame, joined, pieces } from "./samples.ts";

type Random = (below: number) => number;
type Model = Map<string, readonly [Uint8Array, Uint8Array]>;

/** A capture under way, the state and the changes that it is of, and what a reader has drawn so far. */
interface Under {
  readonly capture: StateCapture;
  readonly state: readonly string[];
  readonly reader: Iterator<SnapshotEntry>;
  readonly drawn: SnapshotEntry[];
}

/** An iteration of the whole store under way, across changes. */
interface Walk {
  readonly iterator: Iterator<readonly [Uint8Array, Uint8Array]>;
  /** Keys that haven't changed since it began and haven't come yet. */
  readonly missing: Set<string>;
  readonly came: Set<string>;
  readonly touched: Set<string>;
}

/** How large things are: small ones try many orders of events, large ones make the store give memory back. */
export interface Sizes {
  readonly steps: number;
  readonly keys: number;
  readonly valueBytes: number;
}

export const counters = { puts: 0, deletes: 0, batches: 0, captures: 0, failed: 0, restores: 0, refusedRestores: 0, walks: 0 };

/** Names of all kinds: empty, short, alike but for the end, long. */
function keyNamed(index: number): Uint8Array {
  if (index === 0) return new Uint8Array(0);
  if (index === 2) return new Uint8Array(70_000).fill(2);
  if (index % 17 === 1) return bytes("k".repeat(300 + index));
  return index % 3 === 0 ? Uint8Array.of(index & 255, index >> 8, 0) : bytes(`key ${index}`);
}

/** The same bytes in memory of one of the kinds that callers have, which may be written over later. */
function lent(random: Random, array: Uint8Array): Uint8Array {
  const kind = random(4);
  if (kind === 0) return Uint8Array.from(array);
  if (kind === 1) return Buffer.from(array);
  const shift = random(9);
  const room = new Uint8Array(kind === 2 ? new SharedArrayBuffer(array.length + 2 * shift) : new ArrayBuffer(array.length + 2 * shift));
  const view = room.subarray(shift, shift + array.length);
  view.set(array);
  return view;
}

/** A store and a `Map` that the same happens to, at random. */
export class StoreTrial {
  readonly #random: Random;
  readonly #sizes: Sizes;
  readonly #store: StateStore = createStateStore();
  #model: Model = new Map();
  /** Full and deltas whose captures were done, one behind the other. */
  #parts: readonly Uint8Array[] = [];
  #under: Under | undefined;
  #walk: Walk | undefined;
  /** Arrays that the store gave out, with what was in them then. */
  readonly #given: [Uint8Array, string][] = [];

  constructor(random: Random, sizes: Sizes) {
    this.#random = random;
    this.#sizes = sizes;
  }

  async run(): Promise<void> {
    for (let step = 0; step < this.#sizes.steps; step += 1) {
      await this.#act(step);
      const key = keyNamed(this.#random(this.#sizes.keys));
      const value = this.#store.get(lent(this.#random, key));
      expect(isSame(value, this.#model.get(keyText(key))?.[1])).toBe(true);
      expect(this.#store.has(key)).toBe(value !== undefined);
      expect(this.#store.size).toBe(this.#model.size);
      if (value !== undefined && this.#random(20) === 0) this.#given.push([value, digest(value)]);
    }
    expect(digests(this.#store.entries())).toEqual(this.#state());
    for (const [array, before] of this.#given) expect(digest(array)).toBe(before);
  }

  async #act(step: number): Promise<void> {
    const action = this.#random(100);
    if (action < 44) this.#put();
    else if (action < 65) this.#delete();
    else if (action < 70) this.#batch();
    else if (action < 92) await this.#goOnWithCapture(step);
    else if (action < 99) this.#goOnWithWalk();
    else if (this.#under === undefined && this.#random(this.#sizes.steps) < 200) await this.#restore();
  }

  #put(): void {
    const key = keyNamed(this.#random(this.#sizes.keys));
    const value = new Uint8Array(this.#random(this.#sizes.valueBytes + 1)).fill(this.#random(256));
    const [lentKey, lentValue] = [lent(this.#random, key), lent(this.#random, value)];
    this.#store.put(lentKey, lentValue);
    lentKey.fill(0xee);
    lentValue.fill(0xee);
    this.#model.set(keyText(key), [key, value]);
    this.#touch(keyText(key));
    counters.puts += 1;
  }

  #delete(): void {
    const key = keyNamed(this.#random(this.#sizes.keys));
    const lentKey = lent(this.#random, key);
    expect(this.#store.delete(lentKey)).toBe(this.#model.delete(keyText(key)));
    lentKey.fill(0xee);
    this.#touch(keyText(key));
    counters.deletes += 1;
  }

  #batch(): void {
    const changes = Array.from({ length: this.#random(12) }, () => {
      const key = keyNamed(this.#random(this.#sizes.keys));
      return { key, value: this.#random(3) === 0 ? undefined : new Uint8Array(this.#random(this.#sizes.valueBytes + 1)).fill(this.#random(256)) };
    });
    const { bytes: lying, ranges } = inOneArray(changes, this.#random);
    const lentBytes = lent(this.#random, lying);
    this.#store.applyRanges(lentBytes, ranges, changes.length);
    lentBytes.fill(0xee);
    ranges.fill(-7);
    for (const { key, value } of changes) {
      if (value === undefined) this.#model.delete(keyText(key));
      else this.#model.set(keyText(key), [key, value]);
      this.#touch(keyText(key));
    }
    counters.batches += 1;
  }

  #touch(name: string): void {
    this.#walk?.missing.delete(name);
    this.#walk?.touched.add(name);
  }

  #goOnWithWalk(): void {
    this.#walk ??= {
      iterator: this.#store.entries()[Symbol.iterator](),
      missing: new Set(this.#model.keys()),
      came: new Set(),
      touched: new Set(),
    };
    const { iterator, missing, came, touched } = this.#walk;
    for (let left = this.#random(this.#sizes.keys / 4); left > 0; left -= 1) {
      const step = iterator.next();
      if (step.done === true) {
        expect(missing).toEqual(new Set());
        this.#walk = undefined;
        counters.walks += 1;
        return;
      }
      const [key, value] = step.value;
      const name = keyText(key);
      expect(isSame(value, this.#model.get(name)?.[1])).toBe(true);
      expect(came.has(name) && !touched.has(name)).toBe(false);
      came.add(name);
      missing.delete(name);
    }
  }

  async #goOnWithCapture(step: number): Promise<void> {
    if (this.#under === undefined) {
      if (this.#random(Math.max(4, this.#sizes.keys / 20)) >= 1) return;
      const capture = this.#random(2) === 0 ? this.#store.snapshot() : this.#store.delta();
      expect(capture.keyCount).toBe(this.#model.size);
      this.#under = { capture, state: this.#state(), reader: capture.entries()[Symbol.iterator](), drawn: [] };
    } else if (draw(this.#under, this.#random(this.#sizes.keys / 2))) {
      await this.#endCapture(step, this.#under);
      this.#under = undefined;
    }
  }

  async #endCapture(step: number, { capture, drawn, state }: Under): Promise<void> {
    expect(drawn.length).toBe(capture.size);
    const kind = this.#parts.length === 0 || this.#random(3) === 0 ? "full" : "delta";
    const [full, delta] = await this.#bothKinds(capture);
    expect(digests(StateSnapshot.fromBytes(full))).toEqual(state);
    const bases = this.#parts.length === 0 ? [joined(encodeSnapshot([]))] : this.#parts;
    if (this.#parts.length > 0) expect(digests(await merged([...bases, delta]))).toEqual(state);
    const ofKind = capture.kind === "full" ? full : delta;
    const timestampNs = Buffer.from(ofKind).readBigUInt64LE(16);
    expect(isSame(joined(encodeSnapshot(drawn, { kind: capture.kind, timestampNs })), ofKind)).toBe(true);
    counters.captures += 1;
    if (this.#random(3) > 0) {
      capture.done(step);
      this.#parts = kind === "full" ? [full] : [...this.#parts, delta];
    } else {
      capture.fail();
      counters.failed += 1;
    }
    const released = expect.objectContaining({ code: "SNAPSHOT_RELEASED" });
    expect(() => capture.entries()).toThrow(released);
    expect(() => capture.bytes(kind)).toThrow(released);
  }

  /** Of the capture's moment, while the store goes on between the chunks. */
  async #bothKinds(capture: StateCapture): Promise<readonly [full: Uint8Array, delta: Uint8Array]> {
    const full: Uint8Array[] = [];
    for await (const chunk of capture.bytes("full")) {
      full.push(chunk);
      if (this.#random(3) === 0) this.#put();
      else if (this.#random(2) === 0) this.#delete();
    }
    const delta = joined(await collected(capture.bytes("delta")));
    StateDelta.fromBytes(delta);
    return [joined(full), delta];
  }

  async #restore(): Promise<void> {
    counters.restores += 1;
    this.#walk = undefined;
    if (this.#parts.length > 0 && this.#random(2) === 0) {
      if (this.#random(4) === 0) return this.#refuseRestore();
      await this.#store.restoreFrom(this.#parts.map((part) => this.#inChunks(part)));
      this.#model = new Map([...(await merged(this.#parts))].map(([key, value]) => [keyText(key), [key, value]]));
    } else {
      const entries = [...this.#model.values()].map(([key, value]) => ({ key, value }));
      const gone = keyNamed(this.#random(this.#sizes.keys));
      this.#store.restore([...entries, { key: gone, value: undefined }]);
      this.#model.delete(keyText(gone));
    }
    // What a delta is a change of is another state now.
    this.#parts = [];
    const delta = this.#store.delta();
    expect([delta.size, delta.basedOn]).toEqual([0, undefined]);
    delta.fail();
  }

  #inChunks(part: Uint8Array): Iterable<Uint8Array> {
    const kind = this.#random(4);
    if (kind === 0) return [lent(this.#random, part)];
    if (kind === 1) return pieces(lent(this.#random, part), this.#random, 100);
    return pieces(part, this.#random, 100_000);
  }

  async #refuseRestore(): Promise<void> {
    counters.refusedRestores += 1;
    const parts = this.#parts.map((part, index) => (index === this.#parts.length - 1 ? [part.subarray(0, -1)] : [part]));
    await expect(this.#store.restoreFrom(parts)).rejects.toMatchObject({ code: "SNAPSHOT_TRUNCATED", part: parts.length - 1 });
  }

  #state(): string[] {
    return digests(this.#model.values());
  }
}

const keyText = (array: Uint8Array): string => Buffer.from(array).toString("latin1");

/** Enough to tell arrays apart, in a form that is quickly compared whatever their size. */
const digest = (array: Uint8Array): string => `${array.length} ${crc32(array)}`;
const digests = (entries: Iterable<readonly [Uint8Array, Uint8Array]>): string[] =>
  Array.from(entries, ([key, value]) => `${keyText(key.subarray(0, 20))} ${digest(key)} ${digest(value)}`).sort();

const merged = async (parts: readonly Uint8Array[]): Promise<StateSnapshot> =>
  StateSnapshot.fromBytes(joined(await collected(mergeSnapshots(parts.map((part) => [part])))));

/** Draws up to `count` entries; whether that was all. */
function draw(under: Under, count: number): boolean {
  for (let left = count; left > 0; left -= 1) {
    const step = under.reader.next();
    if (step.done === true) return true;
    under.drawn.push(step.value);
  }
  return false;
}
