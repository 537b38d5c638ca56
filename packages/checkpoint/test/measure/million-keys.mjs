// A state of a million keys checkpointed, changed, checkpointed again, compacted, damaged in one file at a time, and restored, on this
// machine's disk: size, time and longest event-loop stall of each step. `node packages/checkpoint/test/measure/million-keys.mjs [keys]`
// after a build. Reads and writes go on all the while; a stall is the longest time between two turns of the event loop.
import { constants } from "node:fs";
import { copyFile, mkdtemp, open, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createStateStore, mergeSnapshots } from "@laminar/state-snapshot";
import { openCheckpointManager, openCheckpointReader } from "../../dist/index.js";

const keys = Number(process.argv[2] ?? 1_000_000);
const key = new Uint8Array(16);
const value = new Uint8Array(100);
const views = [new DataView(key.buffer), new DataView(value.buffer)];

function put(store, number, version) {
  for (const [index, view] of views.entries()) view.setFloat64(8 * index, number + version * index);
  views[0].setInt32(0, Math.imul(number, 0x2c1b3c6d));
  views[0].setFloat64(8, number);
  store.put(key, value);
}

let busy;
let turns = 0;
let longest = 0;
let worst = 0;

function turn(store, last) {
  const now = performance.now();
  longest = Math.max(longest, now - last);
  for (let write = 0; write < 20; write += 1) {
    const number = (turns * 20 + write) % keys;
    put(store, number, 1);
    store.get(key);
  }
  turns += 1;
  if (busy) setImmediate(turn, store, now);
}

async function measured(name, work, store, note = () => "") {
  await new Promise((resolve) => setTimeout(resolve, 200));
  globalThis.gc?.();
  busy = store !== undefined;
  turns = 0;
  longest = 0;
  if (store) setImmediate(turn, store, performance.now());
  else {
    busy = true;
    const idle = (last) => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      turns += 1;
      if (busy) setImmediate(idle, now);
    };
    setImmediate(idle, performance.now());
  }
  const began = performance.now();
  const result = await work();
  const took = performance.now() - began;
  busy = false;
  worst = Math.max(worst, longest);
  const line = `${name.padEnd(52)} ${took.toFixed(0).padStart(6)} ms   stall ${longest.toFixed(1).padStart(5)} ms   ${String(turns).padStart(6)} turns`;
  console.log(`${line}   ${note(result)}`);
  await new Promise((resolve) => setImmediate(resolve));
  return result;
}

const sizeOf = ({ sizeBytes, kind, id }) => `${kind} ${id}: ${(sizeBytes / 1e6).toFixed(2)} MB`;

async function restore(directory) {
  const reader = openCheckpointReader(directory);
  for (const { metadata } of (await reader.survey()).checkpoints) {
    if (!metadata) continue;
    try {
      await reader.verify(metadata);
      const store = createStateStore();
      await store.restoreFrom(metadata.chain.map((part) => reader.readPart(part)));
      return { store, metadata };
    } catch (error) {
      if (error.code !== "CHECKPOINT_CORRUPT") throw error;
    }
  }
  throw new Error("nothing usable");
}

const root = await mkdtemp(path.join(tmpdir(), "laminar-million-"));
try {
  const directory = path.join(root, "checkpoints");
  const store = createStateStore();
  for (let number = 0; number < keys; number += 1) put(store, number, 0);
  const manager = await openCheckpointManager({ directory, merge: mergeSnapshots });
  const checkpoint = () => manager.create({ walPosition: 0, state: store.snapshot() });

  await measured("first checkpoint, full, reads and writes beside it", checkpoint, store, sizeOf);
  await measured("delta of what was written meanwhile", checkpoint, undefined, sizeOf);
  for (let changed = 0; changed < keys / 100; changed += 1) put(store, (changed * 7919) % keys, 2);
  await measured("delta of 1 %", checkpoint, undefined, sizeOf);
  for (let changed = 0; changed < keys / 100; changed += 1) put(store, (changed * 104729) % keys, 3);
  await measured("delta of 1 %, reads and writes beside it", checkpoint, store, sizeOf);
  await measured("compaction of that chain from files", () => manager.compact(), store, sizeOf);
  for (let changed = 0; changed < keys / 100; changed += 1) put(store, (changed * 15485863) % keys, 4);
  const last = await measured("delta of 1 % on the compacted one", checkpoint, undefined, sizeOf);
  await measured("opening a manager again", async () => (await manager.close(), openCheckpointManager({ directory })).then((again) => again.close()));
  const whole = await measured("restore of the newest chain", () => restore(directory), undefined, ({ metadata, store: { size } }) => `from ${metadata.id}, ${size} keys, verified first`);
  if (whole.metadata.id !== last.id || whole.store.size !== keys) throw new Error("the restored state isn't the last one");

  console.log("one file damaged at a time, in its middle:");
  for (const name of (await readdir(directory)).filter((entry) => entry.startsWith("checkpoint_")).sort()) {
    for (const file of ["metadata.json", "state.bin"]) {
      const damaged = path.join(directory, name, file);
      const copy = path.join(root, "copy");
      await copyFile(damaged, copy, constants.COPYFILE_FICLONE);
      const handle = await open(damaged, "r+");
      const at = Math.floor((await handle.stat()).size / 2);
      const byte = new Uint8Array(1);
      await handle.read(byte, 0, 1, at);
      await handle.write(Uint8Array.of(byte[0] ^ 1), 0, 1, at);
      await handle.close();
      await measured(`  ${name.slice(-4)} ${file}`, () => restore(directory), undefined, ({ metadata, store: { size } }) => `from ${metadata.id}, ${size} keys`);
      await copyFile(copy, damaged);
    }
  }
  console.log(`longest stall of all: ${worst.toFixed(1)} ms`);
} finally {
  await rm(root, { recursive: true, force: true });
}
