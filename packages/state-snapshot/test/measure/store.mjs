// node --expose-gc packages/state-snapshot/test/measure/store.mjs [entries] [rounds], after a build.
import { createStateStore } from "../../dist/index.js";
import { bytesInUse, collect, keyMaker, measure, measureAsync, nanosecondsPerMiss, report, shuffled } from "./measuring.mjs";

const entries = Number(process.argv[2] ?? 1_000_000);
const rounds = Number(process.argv[3] ?? 3);
const keyOf = keyMaker();
const value = new Uint8Array(100).fill(7);
const order = Float64Array.from({ length: entries }, (_, number) => shuffled(number, entries));

const bytesOf = (chunks) => chunks.reduce((sum, chunk) => sum + chunk.length, 0);

async function round() {
  const before = bytesInUse();
  const store = createStateStore();
  measure("put, new keys", entries, () => {
    for (let number = 0; number < entries; number += 1) store.put(keyOf(number), value);
  });
  const perEntry = (bytesInUse() - before) / entries - 116;
  const first = store.snapshot();
  const chunks = await measureAsync("encode, as put", entries, () => collect(first.bytes("full")));
  first.done(1);
  measure("get, shuffled", entries, () => {
    for (const number of order) if (store.get(keyOf(number)) === undefined) throw new Error("lost");
  });
  measure("has, shuffled", entries, () => {
    for (const number of order) if (!store.has(keyOf(number))) throw new Error("lost");
  });
  measure("put over, in order", entries, () => {
    for (let number = 0; number < entries; number += 1) store.put(keyOf(number), value);
  });
  measure("put over, shuffled", entries, () => {
    for (const number of order) store.put(keyOf(number), value);
  });
  const full = measure("snapshot()", 1, () => store.snapshot());
  await measureAsync("encode, after shuffled changes", entries, async () => {
    for await (const chunk of full.bytes("full")) if (chunk.length === 0) throw new Error("empty");
  });
  measure("put over 1 %, while captured", entries / 100, () => {
    for (let number = 0; number < entries; number += 100) store.put(keyOf(order[number]), value);
  });
  measure("done()", 1, () => full.done(1));
  const delta = measure("delta()", 1, () => store.delta());
  const changes = await measureAsync("encode 1 %", entries / 100, () => collect(delta.bytes("delta")));
  measure("fail()", 1, () => delta.fail());
  await measureAsync("restoreFrom", entries, () => createStateStore().restoreFrom([chunks]));
  measure("delete, shuffled", entries, () => {
    for (const number of order) store.delete(keyOf(number));
  });
  return { perEntry, full: bytesOf(chunks), delta: bytesOf(changes) };
}

/** What a program without the store would do: a Map from keys as strings to copies of the values. */
function mapRound() {
  const before = bytesInUse();
  const map = new Map();
  const textOf = (key) => Buffer.from(key.buffer, key.byteOffset, key.length).latin1Slice();
  measure("Map: set, new keys", entries, () => {
    for (let number = 0; number < entries; number += 1) map.set(textOf(keyOf(number)), value.slice());
  });
  const perEntry = (bytesInUse() - before) / entries - 116;
  measure("Map: get, shuffled", entries, () => {
    for (const number of order) if (map.get(textOf(keyOf(number))) === undefined) throw new Error("lost");
  });
  measure("Map: set over, shuffled", entries, () => {
    for (const number of order) map.set(textOf(keyOf(number)), value.slice());
  });
  return perEntry;
}

console.log(`${entries} entries of 16 and 100 bytes, ${rounds} rounds; a read that no cache holds takes ${nanosecondsPerMiss().toFixed(0)} ns`);
for (let count = 0; count < rounds; count += 1) {
  const { perEntry, full, delta } = await round();
  console.log(`${perEntry.toFixed(1)} bytes an entry beside key and value; a full snapshot is ${full} bytes, a delta of 1 % ${delta}`);
  console.log(`${mapRound().toFixed(1)} bytes an entry in a Map`);
}
report();
