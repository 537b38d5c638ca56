import { crc32 } from "@laminar/disk/checksum";
import { expect, test } from "vitest";
import { StateSnapshot, createStateStore, encodeSnapshot, mergeSnapshots } from "../src/index.ts";
import type { SnapshotEntry, StateCapture, StateStore } from "../src/index.ts";
import { withSeeds } from "./random.ts";
import { bytes, collected, isSame, joined, pieces } from "./samples.ts";

type Random = (below: number) => number;
type Model = Map<string, readonly [Uint8Array, Uint8Array]>;

/** A capture under way, the state that it is of, and what a reader has drawn so far. */
interface Under {
  readonly capture: StateCapture;
  readonly state: readonly string[];
  readonly reader: Iterator<SnapshotEntry>;
  readonly drawn: SnapshotEntry[];
}

/** How large things are: small ones try many orders of events, large ones make the store give memory back. */
interface Sizes {
  readonly steps: number;
  readonly keys: number;
  readonly valueBytes: number;
}

const counters = { puts: 0, deletes: 0, captures: 0, failed: 0, restores: 0, refusedRestores: 0 };

/** Names of all kinds: empty, short, alike but for the end, long. */
function keyNamed(index: number): Uint8Array {
  if (index === 0) return new Uint8Array(0);
  if (index === 2) return new Uint8Array(2 ** 20).fill(2);
  if (index % 17 === 1) return bytes("k".repeat(300 + index));
  return index % 3 === 0 ? Uint8Array.of(index & 255, index >> 8, 0) : bytes(`key ${index}`);
}

/** Cheap to make and to tell apart at any size. */
function valueOf(random: Random, most: number): Uint8Array {
  return new Uint8Array(random(most + 1)).fill(random(256));
}

class Trial {
  readonly #random: Random;
  readonly #sizes: Sizes;
  readonly #store: StateStore = createStateStore();
  #model: Model = new Map();
  /** Full and deltas whose captures were done, one behind the other. */
  #parts: readonly Uint8Array[] = [];
  #under: Under | undefined;
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
      const value = this.#store.get(key);
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
    if (action < 50) this.#put();
    else if (action < 72) this.#delete();
    else if (action < 99) await this.#goOnWithCapture(step);
    else if (this.#under === undefined && this.#random(this.#sizes.steps) < 200) await this.#restore();
  }

  #put(): void {
    const key = keyNamed(this.#random(this.#sizes.keys));
    const value = valueOf(this.#random, this.#sizes.valueBytes);
    this.#store.put(key, value);
    this.#model.set(keyText(key), [key, value]);
    counters.puts += 1;
  }

  #delete(): void {
    const key = keyNamed(this.#random(this.#sizes.keys));
    expect(this.#store.delete(key)).toBe(this.#model.delete(keyText(key)));
    counters.deletes += 1;
  }

  async #goOnWithCapture(step: number): Promise<void> {
    if (this.#under === undefined) {
      if (this.#random(4) > 0) return;
      const capture = this.#parts.length === 0 || this.#random(3) === 0 ? this.#store.snapshot() : this.#store.delta();
      this.#under = { capture, state: this.#state(), reader: capture.entries()[Symbol.iterator](), drawn: [] };
    } else if (draw(this.#under, this.#random(this.#sizes.keys / 2))) {
      await this.#endCapture(step, this.#under);
      this.#under = undefined;
    }
  }

  async #endCapture(step: number, { capture, drawn, state }: Under): Promise<void> {
    expect(drawn.length).toBe(capture.size);
    const timestampNs = BigInt(step);
    const part = joined(encodeSnapshot(drawn, { kind: capture.kind, timestampNs }));
    expect(isSame(joined(encodeSnapshot(capture.entries(), { kind: capture.kind, timestampNs })), part)).toBe(true);
    const parts = capture.kind === "full" ? [part] : [...this.#parts, part];
    expect(digests(await merged(parts))).toEqual(state);
    counters.captures += 1;
    if (this.#random(3) > 0) {
      capture.done(step);
      this.#parts = parts;
    } else {
      capture.fail();
      counters.failed += 1;
    }
  }

  async #restore(): Promise<void> {
    counters.restores += 1;
    if (this.#parts.length > 0 && this.#random(2) === 0) {
      const parts = this.#parts.map((part) => pieces(part, this.#random, 100_000));
      if (this.#random(4) === 0) return this.#refuseRestore();
      await this.#store.restoreFrom(parts);
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
    expect(delta.size).toBe(0);
    delta.fail();
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

for (const [name, seeds, sizes] of [
  ["small", 40, { steps: 400, keys: 40, valueBytes: 30 }],
  ["of some kilobytes, which make it give memory back", 3, { steps: 3_000, keys: 200, valueBytes: 12_000 }],
  ["larger than what is kept together", 3, { steps: 400, keys: 20, valueBytes: 400_000 }],
] as const) {
  test(`a store whose values are ${name}, changed at random, agrees with a Map, and its captures replay to the state they are of`, async () => {
    await withSeeds(seeds, (random) => new Trial(random, sizes).run());
    console.log(`${name}: ${Object.entries(counters).map(([what, count]) => `${count} ${what}`).join(", ")} so far`);
  });
}
