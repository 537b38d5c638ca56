// Appends groups until it is killed, and tells its parent the last record of each group once that is durable.
import { writeSync } from "node:fs";
import { openWal } from "../../dist/index.js";

const [directory, seed] = process.argv.slice(2);
const log = await openWal(directory, { segmentSize: 4096 });
let state = Number(seed);
const random = (below) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
const text = new TextEncoder();
// What was recovered is acknowledged again: from here on it must not vanish.
writeSync(1, `${log.lastLsn}\n`);
for (;;) {
  const first = log.lastLsn + 1;
  const group = Array.from({ length: 1 + random(5) }, (_, i) => ({
    type: "put",
    key: text.encode(`${first + i}`),
    value: new Uint8Array(random(300)).fill(random(256)),
  }));
  log.appendAll(group);
  writeSync(1, `${await log.sync()}\n`);
}
