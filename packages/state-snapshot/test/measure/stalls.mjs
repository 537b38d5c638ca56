// node packages/state-snapshot/test/measure/stalls.mjs [entries], after a build.
// The longest single put while a store grows, and the longest time from one turn of the event loop to the next while a checkpoint is
// made and loaded and the store is read and changed. The time in which other programs had the processor isn't counted.
import { createStateStore } from "../../dist/index.js";
import { keyMaker, ownTime, shuffled } from "./measuring.mjs";

const entries = Number(process.argv[2] ?? 3_000_000);
const keyOf = keyMaker();
const value = new Uint8Array(100).fill(7);
const store = createStateStore();

const milliseconds = (time) => `${time.toFixed(1)} ms`;

const longest = [];
for (let number = 0; number < entries; number += 1) {
  const key = keyOf(number);
  const began = ownTime();
  store.put(key, value);
  const took = ownTime() - began;
  if (took > 0.5) longest.push(took);
}
longest.sort((a, b) => b - a);
console.log(`the longest of ${entries} puts: ${longest.slice(0, 5).map(milliseconds).join(", ")}; ${longest.length} above 0.5 ms`);

/** Runs `work` beside one turn after the other, each of which reads and changes ten keys; the longest time from one to the next. */
async function longestTurn(work) {
  let goesOn = true;
  let turns = 0;
  let most = 0;
  const began = performance.now();
  let last = ownTime();
  const turn = () => {
    const now = ownTime();
    most = Math.max(most, now - last);
    last = now;
    turns += 1;
    for (let count = 0; count < 10; count += 1) {
      const key = keyOf(shuffled(turns * 10 + count, entries));
      if (store.get(key) === undefined) throw new Error("lost");
      store.put(key, value);
    }
    if (goesOn) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  goesOn = false;
  return `${milliseconds(performance.now() - began)}, ${turns} turns, the longest ${milliseconds(most)}`;
}

const chunks = [];
const full = store.snapshot();
const whole = await longestTurn(async () => {
  for await (const chunk of full.bytes("full")) chunks.push(chunk);
});
console.log(`a full snapshot: ${whole}`);
console.log(`done(): ${await longestTurn(async () => full.done(1))}`);
const restored = createStateStore();
console.log(`restoreFrom, into another store: ${await longestTurn(() => restored.restoreFrom([chunks]))}`);
const delta = store.delta();
let bytes = 0;
const changes = await longestTurn(async () => {
  for await (const chunk of delta.bytes("delta")) bytes += chunk.length;
});
console.log(`a delta: ${changes}, ${bytes} bytes`);
console.log(`fail(): ${await longestTurn(async () => delta.fail())}`);
