// What `applyRanges` costs a change, by batch size, beside `put` and `delete` one by one:
// node --expose-gc packages/state-snapshot/test/measure/ranges.mjs [keys] [rounds] [way], after a build. Each batch is made in the same
// memory, as a log's reader does it, and that isn't timed. Memory that the process never had before costs as much as the work in some
// machines: MALLOC_TRIM_THRESHOLD_=4294967296 MALLOC_MMAP_THRESHOLD_=4294967296 leaves that out of all rounds but the first.
import { createStateStore } from "../../dist/index.js";
import { keyMaker, shuffled } from "./measuring.mjs";

const keys = Number(process.argv[2] ?? 1_000_000);
const rounds = Number(process.argv[3] ?? 3);
const only = process.argv[4];
const KEY = 16;
const VALUE = 100;
/** A few bytes before each key and each value, as in a log. */
const STRIDE = KEY + VALUE + 6;
const BATCH_MAX = 8_000;
const keyOf = keyMaker();
const bytes = new Uint8Array(BATCH_MAX * STRIDE);
const ranges = new Int32Array(4 * BATCH_MAX);

function make(first, count, numberOf, isDelete) {
  for (let index = 0, start = 3; index < count; index += 1, start += STRIDE) {
    bytes.set(keyOf(numberOf(first + index)), start);
    bytes[start + KEY + 2] = first;
    ranges[4 * index] = start;
    ranges[4 * index + 1] = start + KEY;
    ranges[4 * index + 2] = isDelete ? -1 : start + KEY + 2;
    ranges[4 * index + 3] = start + KEY + 2 + VALUE;
  }
}

function oneByOne(store, count, isDelete) {
  for (let index = 0, start = 3; index < count; index += 1, start += STRIDE) {
    const key = bytes.subarray(start, start + KEY);
    if (isDelete) store.delete(key);
    else store.put(key, bytes.subarray(start + KEY + 2, start + KEY + 2 + VALUE));
  }
}

const ways = { "one by one": [BATCH_MAX, oneByOne] };
for (const size of [100, 1_000, BATCH_MAX]) ways[`batches of ${size}`] = [size, (store, count) => store.applyRanges(bytes, ranges, count)];

const steps = {
  "new keys": [(number) => number, false],
  "over, at random": [(number) => shuffled(number, keys), false],
  "over, in order": [(number) => number, false],
  "deletes, at random": [(number) => shuffled(number, keys), true],
};

const middle = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
const times = new Map();
for (let round = 0; round < rounds; round += 1) {
  for (const [way, [size, apply]] of Object.entries(ways)) {
    if (only !== undefined && way !== only) continue;
    const store = createStateStore();
    for (const [step, [numberOf, isDelete]] of Object.entries(steps)) {
      let took = 0;
      for (let first = 0; first < keys; first += size) {
        const count = Math.min(size, keys - first);
        make(first, count, numberOf, isDelete);
        const began = performance.now();
        apply(store, count, isDelete);
        took += performance.now() - began;
      }
      const row = `${step.padEnd(20)} ${way}`;
      times.set(row, [...(times.get(row) ?? []), (took * 1e6) / keys]);
      if (!isDelete && store.size !== keys) throw new Error("keys are missing");
    }
    if (store.size !== 0) throw new Error("keys are left");
    globalThis.gc?.();
  }
}
for (const [row, values] of [...times].sort(([one], [other]) => (one < other ? -1 : 1))) {
  const [first] = values;
  console.log(`${row.padEnd(42)} first ${first.toFixed(0).padStart(5)}   least ${Math.min(...values).toFixed(0).padStart(5)}   median ${middle(values).toFixed(0).padStart(5)} ns a change`);
}
