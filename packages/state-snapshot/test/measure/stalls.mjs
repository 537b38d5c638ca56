// node packages/state-snapshot/test/measure/stalls.mjs [entries], after a build.
// The longest single put while a store grows, and the longest wait of the event loop while a checkpoint is made and loaded and the
// store goes on. A wait is this process's own work between two turns (user time); the clock's would count what else runs here.
import { createStateStore } from "../../dist/index.js";
import { keyMaker, shuffled } from "./measuring.mjs";

const entries = Number(process.argv[2] ?? 3_000_000);
const keyOf = keyMaker();
const value = new Uint8Array(100).fill(7);
const store = createStateStore();

const milliseconds = (microseconds) => `${(microseconds / 1000).toFixed(1)} ms`;

const longest = [];
for (let number = 0; number < entries; number += 1) {
  const key = keyOf(number);
  const { user } = process.cpuUsage();
  store.put(key, value);
  const took = process.cpuUsage().user - user;
  if (took > 500) longest.push(took);
}
longest.sort((a, b) => b - a);
console.log(`the longest of ${entries} puts: ${longest.slice(0, 5).map(milliseconds).join(", ")}; ${longest.length} above 0.5 ms`);

/** Runs `work` beside one turn after the other, each of which changes ten keys; the longest time of own work from one to the next. */
async function longestTurn(work) {
  let goesOn = true;
  let turns = 0;
  let most = 0;
  let { user } = process.cpuUsage();
  const turn = () => {
    const now = process.cpuUsage().user;
    most = Math.max(most, now - user);
    user = now;
    turns += 1;
    for (let count = 0; count < 10; count += 1) store.put(keyOf(shuffled(turns * 10 + count, entries)), value);
    if (goesOn) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  goesOn = false;
  return `${turns} turns, the longest ${milliseconds(most)}`;
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
