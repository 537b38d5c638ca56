import { join } from "node:path";
import { parseArgs } from "node:util";
import { openCheckpointManager } from "@laminar/checkpoint";
import { applyRecovered, formatReport, recover } from "@laminar/recovery";
import { createStateStore } from "@laminar/state-snapshot";
import { openWal } from "@laminar/wal";

/*
 * State, log and checkpoints put together by hand: what openDurableState does for you, for a program that logs every change as it
 * happens and commits now and then. Counts orders per shop, each once, whatever kills it.
 *
 * Changes may reach the disk before their commit does. --die-at kills the process there; --replay all shows what a recovery that
 * takes such changes for committed makes of it: the source goes on from the last commit, and those orders are counted twice.
 */

const numberIn = (value: Uint8Array | undefined): number => (value ? Number(Buffer.from(value).toString()) : 0);

const ordersPerCommit = 10;
const ordersPerCheckpoint = 100;
const shops = ["east", "north", "south", "west"] as const;

const { values, positionals } = parseArgs({ allowPositionals: true, options: { "die-at": { type: "string" }, replay: { type: "string", default: "committed" } } });
const [directory = "", orders = 0] = [positionals[0], Number(positionals[1])];
const { replay } = values;
if (directory === "" || !(orders >= 0) || (replay !== "committed" && replay !== "all")) {
  console.error("by-hand DIRECTORY ORDERS [--die-at ORDER] [--replay committed|all]");
  process.exit(2);
}
const places = { walDir: join(directory, "log"), checkpointDir: join(directory, "checkpoints") };

// 1. What was committed, without changing anything on disk.
const recovered = await recover({ ...places, replay });
const store = createStateStore();
applyRecovered(recovered, store);
let next = Number(recovered.sourceOffsets.get("orders") ?? 0n);
console.log(formatReport(recovered.report));
console.log(`goes on from order ${next}`);

// 2. Only now the log is opened for writing, and then the checkpoints, which belong to it.
const log = await openWal(places.walDir);
const checkpoints = await openCheckpointManager({ directory: places.checkpointDir, log });

// 3. Each change goes into the store and into the log, in the same turn.
async function count(order: number): Promise<void> {
  const key = Buffer.from(shops[(order % 7) % shops.length] ?? "");
  const value = Buffer.from(`${numberIn(store.get(key)) + 1}`);
  store.put(key, value);
  log.append({ type: "put", key, value });
  if (order !== Number(values["die-at"])) return;
  await log.sync();
  process.kill(process.pid, "SIGKILL");
}

while (next < orders) {
  const from = next;
  while (next < Math.min(from + ordersPerCommit, orders)) await count(next++);
  // 4. The commit says how far the source was read, so that changes and offset count together or not at all.
  const sourceOffsets = new Map([["orders", BigInt(next)]]);
  const walPosition = log.append({ type: "commit", offsets: sourceOffsets });
  await log.sync();
  console.log(`committed ${next}`);
  // 5. A checkpoint is one cut: position, offset and state as of the same commit. The log behind it goes.
  if (Math.floor(from / ordersPerCheckpoint) === Math.floor(next / ordersPerCheckpoint)) continue;
  const { id } = await checkpoints.create({ walPosition, sourceOffsets, state: store.snapshot() });
  console.log(`checkpoint ${id}`);
}
await checkpoints.close();
await log.close();

const counts = [...store.entries()].map(([shop, value]) => [Buffer.from(shop).toString(), numberIn(value)] as const);
for (const [shop, number] of counts.sort(([a], [b]) => (a < b ? -1 : 1))) console.log(`${shop} ${number}`);
console.log(`${orders} orders, ${counts.reduce((sum, [, number]) => sum + number, 0)} counted`);
