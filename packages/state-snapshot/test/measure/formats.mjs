// node --expose-gc packages/state-snapshot/test/measure/formats.mjs [entries] [rounds], after a build.
import { StateSnapshot, createStateStore, decodeSnapshot, encodeSnapshot, mergeSnapshots } from "../../dist/index.js";
import { bytesInUse, collect, keyMaker, measure, measureAsync, nanosecondsPerMiss, report, shuffled } from "./measuring.mjs";

const entries = Number(process.argv[2] ?? 1_000_000);
const rounds = Number(process.argv[3] ?? 3);
const deltas = 8;
const chunkBytes = 2 ** 18;
const keyOf = keyMaker();
const value = new Uint8Array(100).fill(7);

/** Chunks as a file's reader gives them. */
function inChunks(chunks) {
  const whole = Buffer.concat(chunks);
  const count = Math.ceil(whole.length / chunkBytes);
  return Array.from({ length: count }, (_, index) => new Uint8Array(whole.subarray(index * chunkBytes, (index + 1) * chunkBytes)));
}

/** A base and eight deltas, each of one hundredth of the keys, a new one and one that is gone. */
async function chain() {
  const store = createStateStore();
  for (let number = 0; number < entries; number += 1) store.put(keyOf(number), value);
  const full = store.snapshot();
  const parts = [inChunks(await collect(full.bytes("full")))];
  full.done(0);
  for (let part = 1; part <= deltas; part += 1) {
    for (let count = 0; count < entries / 100; count += 1) store.put(keyOf(shuffled(part * entries + count * part, entries)), value);
    store.put(keyOf(entries + part), value);
    store.delete(keyOf(shuffled(part, entries)));
    const delta = store.delta();
    parts.push(inChunks(await collect(delta.bytes("delta"))));
    delta.done(part);
  }
  return { parts, size: store.size };
}

async function decodeAll(chunks) {
  let count = 0;
  for await (const block of decodeSnapshot(chunks)) count += block.length;
  return count;
}

async function mergeAll(parts) {
  let bytes = 0;
  for await (const chunk of mergeSnapshots(parts)) bytes += chunk.length;
  return bytes;
}

const { parts, size } = await chain();
const [base] = parts;
const pairs = [];
for await (const block of decodeSnapshot(base)) for (const entry of block) pairs.push([entry.key, entry.value]);
const whole = Buffer.concat(base);
console.log(`a base of ${entries} entries of 16 and 100 bytes, ${deltas} deltas; a read that no cache holds takes ${nanosecondsPerMiss().toFixed(0)} ns`);
const before = bytesInUse();
const iterator = mergeSnapshots(parts)[Symbol.asyncIterator]();
await iterator.next();
const held = (bytesInUse() - before) / 2 ** 20;
const own = parts.slice(1).flat().reduce((sum, chunk) => sum + chunk.length, 0) / 2 ** 20;
console.log(`a merge under way holds ${held.toFixed(1)} MiB beside the deltas' own ${own.toFixed(1)} MiB`);
await iterator.return();
for (let round = 0; round < rounds; round += 1) {
  measure("encodeSnapshot(pairs)", entries, () => {
    for (const chunk of encodeSnapshot(pairs)) if (chunk.length === 0) throw new Error("empty");
  });
  await measureAsync("decodeSnapshot", entries, () => decodeAll(base));
  await measureAsync("restoreFrom, the base", entries, () => createStateStore().restoreFrom([base]));
  const chained = createStateStore();
  await measureAsync("restoreFrom, base and deltas", entries, () => chained.restoreFrom(parts));
  if (chained.size !== size) throw new Error(`${chained.size} keys instead of ${size}`);
  await measureAsync("mergeSnapshots", entries, () => mergeAll(parts));
  const snapshot = measure("StateSnapshot.fromBytes", entries, () => StateSnapshot.fromBytes(whole));
  measure("StateSnapshot.get", entries, () => {
    for (let number = 0; number < entries; number += 1) snapshot.get(keyOf(number));
  });
}
report();
