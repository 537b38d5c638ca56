// Lives of processes, one after the other on the same directories, that do all that the packages do with files.
import { join } from "node:path";
import { openCheckpointManager } from "@laminar/checkpoint";
import { createStateStore, encodeSnapshot, mergeSnapshots } from "@laminar/state-snapshot";
import { openWal } from "@laminar/wal";
import { applyRecovered, openDurableState, recover } from "../../dist/index.js";

const encoder = new TextEncoder();
const bytes = (text) => encoder.encode(text);

const stateOptions = (disk, directory) => ({
  directory: join(directory, "state"),
  disk,
  checkpoints: { interval: 1_000_000, maxRetained: 1, maxChainLength: 3, maxDeltaRatio: 100 },
  log: { segmentSize: 1024 },
});

async function commitOne(state, number, size) {
  state.put(`key ${number % 5}`, `${number}`.padEnd(size, "x"));
  if (number % 4 === 3) state.delete(`key ${(number + 1) % 5}`);
  await state.commit({ offsets: new Map([["source", number]]), watermark: number * 10 });
}

async function stateThatIsKilled(disk, directory) {
  const state = await openDurableState(stateOptions(disk, directory));
  await commitOne(state, 1, 20);
  state.put("rolled back", 1);
  state.rollback();
  await Promise.all([commitOne(state, 2, 30), commitOne(state, 3, 30), state.update((group) => group.put("updated", true))]);
  await state.checkpoint();
  for (let number = 4; number < 9; number++) await commitOne(state, number, 500);
  await state.checkpoint();
  await Promise.all([state.checkpoint(), commitOne(state, 9, 700)]);
  await commitOne(state, 10, 10);
  state.put("staged", "for nobody");
}

async function stateThatIsClosed(disk, directory) {
  const state = await openDurableState(stateOptions(disk, directory));
  for (let number = 11; number < 17; number++) {
    await commitOne(state, number, 400);
    await state.checkpoint();
  }
  await state.close();
}

async function stateThatIsLookedAt(disk, directory) {
  const { directory: place } = stateOptions(disk, directory);
  await recover({ checkpointDir: join(place, "checkpoints"), walDir: join(place, "log"), disk });
  await (await openDurableState(stateOptions(disk, directory))).close();
}

const openLog = (disk, directory) => openWal(join(directory, "wal"), { disk, segmentSize: 2048, syncInterval: Number.POSITIVE_INFINITY });

const openManager = (disk, directory, log) =>
  openCheckpointManager({ directory: join(directory, "checkpoints"), disk, log, merge: mergeSnapshots, maxRetained: 2, maxChainLength: 3, maxDeltaRatio: 100 });

/** Puts `size` bytes under a key into both, and a commit behind them into the log. */
function change(log, store, key, size) {
  const value = new Uint8Array(size).fill(key.length);
  store.put(bytes(key), value);
  return log.appendAll([{ type: "put", key: bytes(key), value }, { type: "commit", offsets: new Map([["source", log.lastLsn]]) }]);
}

/** A directory that stands in both traces, where what runs at once begins or has ended. */
const mark = (disk, directory, name) => disk.makeDirectory(join(directory, name));

/** The chunks in halves, and `begin` is called between the first two: what it starts runs at once with their writing. */
async function* beside(chunks, begin) {
  for (const [number, chunk] of chunks.entries()) {
    yield chunk.subarray(0, chunk.length / 2);
    if (number === 0) begin();
    yield chunk.subarray(chunk.length / 2);
  }
}

/** A checkpoint that drops a part of the log, and a group commit that rotates it meanwhile. */
async function checkpointBesideCommit(disk, directory, { log, manager, store }) {
  const walPosition = log.durableLsn;
  const commits = [];
  const begin = () => {
    change(log, store, "committed beside a checkpoint", 3000);
    commits.push(log.sync());
  };
  const chunks = [...encodeSnapshot(store.entries())];
  await mark(disk, directory, "at once");
  await manager.create({ walPosition, state: beside(chunks, begin) });
  await Promise.all(commits);
  await mark(disk, directory, "one by one");
}

async function packagesByHand(disk, directory) {
  const log = await openLog(disk, directory);
  const manager = await openManager(disk, directory, log);
  const store = createStateStore();
  const checkpoint = (walPosition) => manager.create({ walPosition, state: store.snapshot() });
  change(log, store, "one", 100);
  change(log, store, "two", 100);
  await Promise.all([log.sync(), log.sync()]);
  const position = change(log, store, "more than a synchronous write takes", 100_000);
  await log.sync();
  await checkpoint(position);
  log.append({ type: "put", key: bytes("never committed"), value: bytes("") });
  await log.truncateAfter(position);
  for (let round = 0; round < 6; round++) {
    const last = change(log, store, `round ${round}`, 600);
    await log.sync();
    await checkpoint(last);
  }
  await checkpointBesideCommit(disk, directory, { log, manager, store });
  await manager.compact();
  await manager.cleanup(1);
  const last = change(log, store, "last", 3000);
  await log.sync();
  await checkpoint(last);
  change(log, store, "in a segment of its own", 3000);
  await log.truncateBefore(last + 1);
  change(log, store, "written by the close", 10);
  await manager.close();
  await log.close();
}

async function packagesAgain(disk, directory) {
  const places = { checkpointDir: join(directory, "checkpoints"), walDir: join(directory, "wal"), disk };
  const recovered = await recover({ ...places, until: { watermark: 0n } });
  const store = createStateStore();
  applyRecovered(await recover({ ...places, repairWal: true }), store);
  const log = await openLog(disk, directory);
  const manager = await openManager(disk, directory, log);
  const last = change(log, store, `after ${recovered.walPosition}`, 10);
  await log.sync();
  const { id } = await manager.create({ walPosition: last, state: store.snapshot() });
  await manager.create({ walPosition: last, state: store.snapshot() });
  await manager.delete(id).catch(() => undefined);
  await manager.close();
  await log.close();
}

/** Each is run by a process of its own, which ends as soon as its life has. */
export const lives = [stateThatIsKilled, stateThatIsClosed, stateThatIsLookedAt, packagesByHand, packagesAgain];
