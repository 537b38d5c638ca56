import { join } from "node:path";
import { checkpointReader, openCheckpointManager } from "@laminar/checkpoint";
import { formatReport, recover } from "@laminar/recovery";
import { openWal } from "@laminar/wal";
import { oneFileStore } from "./one-file-store.ts";
import { PageViews } from "./page-views.ts";

/*
 * A recovery from parts of our own: checkpoints in a store that we wrote (one-file-store.ts), of a state that we wrote
 * (page-views.ts). The log, the choice of a checkpoint, the chain of deltas and the replay are Laminar's.
 *
 * Counts the first so many requests of a source that can be read again from any place. Kill it at any time, and start it again.
 */

const requestsPerCommit = 10;
const requestsPerCheckpoint = 50;

/** The source: request `n` always asks for the same page. Few pages are asked for often, and many now and then. */
export const pageOf = (request: number): string => `/${(request * request) % 11 < 4 ? request % 3 : request % 97}`;

const [directory, requestsText] = process.argv.slice(2);
if (directory === undefined || !Number.isSafeInteger(Number(requestsText))) {
  console.error("own-parts DIRECTORY REQUESTS");
  process.exit(2);
}
const requests = Number(requestsText);
const store = oneFileStore(join(directory, "checkpoints"));
const walDir = join(directory, "log");

const views = new PageViews();
const found = await recover({ checkpoints: checkpointReader(store), walDir, apply: views });
let next = Number(found.sourceOffsets.get("requests") ?? 0n);
console.log(formatReport(found.report));
console.log(`goes on from request ${next}`);

// Only now is anything written: first the log, then checkpoints.
const log = await openWal(walDir);
const checkpoints = await openCheckpointManager({ store, log });
while (next < requests) {
  const from = next;
  next = Math.min(from + requestsPerCommit, requests);
  const changes = Array.from({ length: next - from }, (_, i) => views.add(pageOf(from + i)));
  const sourceOffsets = new Map([["requests", BigInt(next)]]);
  const walPosition = log.appendAll([...changes, { type: "commit", offsets: sourceOffsets }]);
  await log.sync();
  console.log(`committed ${next}`);
  if (Math.floor(from / requestsPerCheckpoint) === Math.floor(next / requestsPerCheckpoint)) continue;
  const { id, kind } = await checkpoints.create({ walPosition, sourceOffsets, state: views.capture() });
  console.log(`checkpoint ${id} (${kind})`);
}
await checkpoints.close();
await log.close();

for (const [page, count] of views.entries()) console.log(`${page} ${count}`);
