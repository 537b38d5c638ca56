// What `restoreFrom` costs, from chunks in memory that are the store's own afterwards: `node --expose-gc packages/state-snapshot/test/measure/load.mjs
// [keys] [rounds] [chunk bytes]`, after a build. Each chunk is copied anew for each round, as a file is read, and that isn't timed.
import { createStateStore } from "../../dist/index.js";
import { collect, keyMaker } from "./measuring.mjs";

const keys = Number(process.argv[2] ?? 1_000_000);
const rounds = Number(process.argv[3] ?? 5);
const chunkBytes = Number(process.argv[4] ?? 262_144);
const keyOf = keyMaker();
const value = new Uint8Array(100).fill(7);

const source = createStateStore();
for (let number = 0; number < keys; number += 1) source.put(keyOf(number), value);
const whole = Buffer.concat(await collect(source.snapshot().bytes("full")));

const times = [];
let waited = 0;
async function* read() {
  for (let at = 0; at < whole.length; at += chunkBytes) {
    const began = performance.now();
    const chunk = new Uint8Array(Math.min(chunkBytes, whole.length - at));
    chunk.set(whole.subarray(at, at + chunk.length));
    waited += performance.now() - began;
    yield chunk;
  }
}
for (let round = 0; round < rounds; round += 1) {
  let store = createStateStore();
  waited = 0;
  const began = performance.now();
  await store.restoreFrom([read()]);
  times.push(performance.now() - began - waited);
  if (store.size !== keys) throw new Error("keys are missing");
  store = undefined;
  globalThis.gc?.();
}
console.log(`restoreFrom of ${(whole.length / 1e6).toFixed(0)} MB in chunks of ${chunkBytes}: ${times.map((ms) => ms.toFixed(0)).join(" ")} ms`);
