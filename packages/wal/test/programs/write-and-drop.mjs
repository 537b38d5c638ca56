// Appends groups, whose keys are their records' numbers, until it is killed, and drops what its parent says that it has.
import { openWal } from "../../dist/index.js";

const log = await openWal(process.argv[2], { segmentSize: 4096 });
const text = new TextEncoder();
let dropBelow = 0;
process.stdin.on("data", (chunk) => (dropBelow = Number(chunk.toString("latin1").trim().split("\n").at(-1))));
for (let round = 0; ; round++) {
  const first = log.lastLsn + 1;
  const group = Array.from({ length: 1 + (round % 5) }, (_, i) => ({ type: "put", key: text.encode(`${first + i}`), value: new Uint8Array((round * 37) % 300) }));
  log.appendAll(group);
  await log.sync();
  if (dropBelow > log.startsAfter) await log.truncateBefore(dropBelow);
}
