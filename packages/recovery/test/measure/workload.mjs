// The reference's workload, recovered to a state that is ready to serve: 1,000,000 puts of 16 B keys and 100 B values, 100,000 deletes,
// a commit after each 100 changes. `node packages/recovery/test/measure/workload.mjs [puts] [way]` after a build. Without a way all of
// them run, each in a process of its own, so that its memory is its own: seconds until every key can be read, and how far the process
// grew above its start (at its peak, and at the end).
import { spawnSync } from "node:child_process";
import { cp, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { openCheckpointManager } from "@laminar/checkpoint";
import { createStateStore } from "@laminar/state-snapshot";
import { openWal } from "@laminar/wal";
import { applyRecovered, openDurableState, recover, storeSink } from "../../dist/index.js";

const DIRECTORY = "LAMINAR_WORKLOAD";
const PER_COMMIT = 100;
const puts = Number(process.argv[2] ?? 1_000_000);
const changes = puts + puts / 10;
const MIB = 1024 * 1024;

/** The n-th change: puts of keys that are all different, and after each ten of them a delete of an older one. */
function change(number) {
  const [round, step] = [Math.floor(number / 11), number % 11];
  return step === 10 ? { put: false, key: round * 10 } : { put: true, key: round * 10 + step };
}

function keyOf(number) {
  const key = new Uint8Array(16);
  const view = new DataView(key.buffer);
  view.setInt32(0, Math.imul(number, 0x2c1b3c6d));
  view.setFloat64(8, number);
  return key;
}

function valueOf(number) {
  const value = new Uint8Array(100);
  new DataView(value.buffer).setFloat64(0, number);
  return value;
}

function entryOf(number) {
  const { put, key } = change(number);
  return put ? { type: "put", key: keyOf(key), value: valueOf(key) } : { type: "delete", key: keyOf(key) };
}

/** The same log twice: alone, and with a checkpoint after nine tenths of it, which the log is truncated behind. */
async function write(directory) {
  const log = await openWal(path.join(directory, "whole", "log"));
  const store = createStateStore();
  let manager;
  let position = 0;
  for (let number = 0; number < changes; number += PER_COMMIT) {
    const entries = Array.from({ length: Math.min(PER_COMMIT, changes - number) }, (_, i) => entryOf(number + i));
    for (const { type, key, value } of entries) {
      if (type === "put") store.put(key, value);
      else store.delete(key);
    }
    const offsets = new Map([["first", BigInt(number)], ["second", BigInt(number)]]);
    position = log.appendAll([...entries, { type: "commit", offsets, watermark: BigInt(number) }]);
    if (number % (PER_COMMIT * 100) === 0) await log.sync();
    if (manager === undefined && number >= changes * 0.9) {
      await log.sync();
      const checkpointed = path.join(directory, "checkpointed");
      manager = await openCheckpointManager({ directory: path.join(checkpointed, "checkpoints"), log, truncateWal: false });
      await manager.create({ walPosition: position, sourceOffsets: offsets, watermark: BigInt(number), state: store.snapshot() });
      await manager.close();
    }
  }
  await log.sync();
  await log.close();
  await cp(path.join(directory, "whole", "log"), path.join(directory, "checkpointed", "log"), { recursive: true });
  console.log(`${changes} changes and ${Math.ceil(changes / PER_COMMIT)} commits, ${store.size} keys; log ${(await sizeOf(path.join(directory, "whole", "log"))).toFixed(1)} MB, checkpoint ${(await sizeOf(path.join(directory, "checkpointed", "checkpoints"))).toFixed(1)} MB`);
}

async function sizeOf(directory) {
  const names = await readdir(directory, { recursive: true });
  const sizes = await Promise.all(names.map(async (name) => (await stat(path.join(directory, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0) / 1e6;
}

const places = (directory) => ({ checkpointDir: path.join(directory, "checkpoints"), walDir: path.join(directory, "log") });
const plainValues = { encode: (value) => value, decode: (bytes) => bytes };

/** What there is when a way is done: how many keys, and how one of them is read. */
const WAYS = {
  "changes collected, then applied": async (directory) => {
    const store = createStateStore();
    applyRecovered(await recover(places(directory)), store);
    return store;
  },
  "changes collected, not applied": async (directory) => recover(places(directory)),
  "no changes collected": async (directory) => recover({ ...places(directory), collectStateChanges: false }),
  "through a sink into the store": async (directory) => {
    const store = createStateStore();
    await recover({ ...places(directory), apply: storeSink(store) });
    return store;
  },
  "openDurableState": async (directory) => openDurableState({ directory, keys: "bytes", values: plainValues }),
};

async function measure(way, directory) {
  const start = process.memoryUsage().rss;
  const began = performance.now();
  const ready = await WAYS[way](directory);
  const seconds = (performance.now() - began) / 1000;
  const end = process.memoryUsage().rss;
  const peak = process.resourceUsage().maxRSS * 1024;
  if ("get" in ready) requireState(ready);
  await ready.close?.();
  console.log(`${way.padEnd(34)} ${seconds.toFixed(2).padStart(6)} s   peak +${((peak - start) / MIB).toFixed(0).padStart(5)} MiB   end +${((end - start) / MIB).toFixed(0).padStart(5)} MiB`);
}

function requireState(state) {
  const keys = puts - puts / 10;
  if (state.size !== keys) throw new Error(`${state.size} keys instead of ${keys}`);
  const value = state.get(keyOf(puts - 1));
  if (value === undefined || new DataView(value.buffer, value.byteOffset).getFloat64(0) !== puts - 1) throw new Error("the last key has another value");
  if (state.get(keyOf(0)) !== undefined) throw new Error("a deleted key is there");
}

const given = process.env[DIRECTORY];
if (given) await measure(process.argv[3], given);
else {
  const directory = await mkdtemp(path.join(tmpdir(), "laminar-workload-"));
  try {
    await write(directory);
    for (const from of ["whole", "checkpointed"]) {
      console.log(from === "whole" ? "\nfrom the log alone" : "\nfrom a checkpoint and a tenth of the log");
      for (const way of process.argv[3] ? [process.argv[3]] : Object.keys(WAYS)) {
        for (let run = 0; run < Number(process.env.RUNS ?? 3); run += 1) {
          const env = { ...process.env, [DIRECTORY]: path.join(directory, from) };
          const { status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), String(puts), way], { env, stdio: "inherit" });
          if (status !== 0) throw new Error(`${way} failed`);
        }
      }
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
