// Small workloads that a power cut may hit before any of their operations, the same on every disk.
import { join } from "node:path";
import { openDurableState } from "../../dist/index.js";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Numbers in [0, 1), the same for the same seed. */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Owners by the number of their life: those of earlier lives are dead, like those of an earlier boot. */
export function ownersOfLives() {
  let life = 1;
  let identities = 0;
  return {
    nextLife: () => (life += 1),
    identify: async () => `life-${life}-${++identities}`,
    judge: async (identity) => (Number(identity.split("-")[1]) < life ? "dead" : "alive"),
    takeKernelLock: async () => async () => undefined,
  };
}

/** The state that `durableState` keeps, opened on any disk. */
export const openKept = (disk, root) =>
  openDurableState({
    directory: join(root, "data"),
    keys: "string",
    values: { encode: (value) => encoder.encode(value), decode: (bytes) => decoder.decode(bytes) },
    checkpoints: { interval: 1_000_000, maxRetained: 1, maxChainLength: 2, maxDeltaRatio: 100 },
    log: { segmentSize: 1024 },
    disk,
  });

/** Says what it submits to `state` and what was acknowledged. */
async function commit(state, number, size, { submitted, acknowledged }) {
  state.put(`k${number % 3}`, `${number}`.padEnd(size, "x"));
  const committed = state.commit({ offsets: new Map([["source", number]]) });
  const index = submitted(state);
  await committed;
  acknowledged(index);
}

/** Commits, rotation, and full and delta checkpoints that replace others. */
async function durableState(disk, root, listener) {
  const state = await openKept(disk, root);
  await commit(state, 1, 10, listener);
  await commit(state, 2, 700, listener);
  await state.checkpoint();
  await commit(state, 3, 2000, listener);
  await state.checkpoint();
  await commit(state, 4, 20, listener);
  await state.checkpoint();
  await commit(state, 5, 600, listener);
  await state.close();
}

/** An opening after a life that was never closed: the dead owner's locks go, and what wasn't proven is stated again. */
async function secondLife(disk, root, listener) {
  const first = await openKept(disk, root);
  await commit(first, 1, 10, listener);
  await first.checkpoint();
  await commit(first, 2, 600, listener);
  disk.owners.nextLife();
  const second = await openKept(disk, root);
  await commit(second, 3, 30, listener);
  await second.checkpoint();
  await second.close();
}

const NAMES = ["a", "b", "d/a", "d/b"];
const below = (root, name) => join(root, "files", name);

/** By chance what a program may do with files: also what our own never does, such as writing in place. */
async function files(disk, root, { random }) {
  const open = new Map();
  const unsynced = new Set();
  let changedNames = 0;
  const pick = (choices) => choices[Math.floor(random() * choices.length)];
  const syncFile = async (name) => {
    unsynced.delete(open.get(name));
    await open.get(name).sync();
  };
  const syncNames = async () => {
    await disk.syncDirectory(below(root, ""));
    await disk.syncDirectory(below(root, "d"));
    changedNames = 0;
  };
  const actions = {
    create: async () => {
      const name = pick(NAMES.filter((free) => !open.has(free)));
      if (name === undefined) return;
      open.set(name, await disk.create(below(root, name)));
      changedNames += 1;
    },
    write: async () => {
      const name = pick([...open.keys()]);
      if (name === undefined || unsynced.has(open.get(name))) return;
      const file = open.get(name);
      const size = await file.size();
      const position = Math.floor(random() * (size + 1));
      const length = 1 + Math.floor(random() * (random() < 0.3 ? 5000 : 900));
      unsynced.add(file);
      await file.write(position, new Uint8Array(Math.min(length, 6000 - position)).fill(1 + Math.floor(random() * 255)));
    },
    rename: async () => {
      const from = pick([...open.keys()]);
      const to = pick(NAMES.filter((name) => name !== from));
      if (from === undefined) return;
      await disk.rename(below(root, from), below(root, to));
      await open.get(to)?.close();
      unsynced.delete(open.get(to));
      open.set(to, open.get(from));
      open.delete(from);
      changedNames += 1;
    },
    remove: async () => {
      const name = pick([...open.keys()]);
      if (name === undefined) return;
      await disk.remove(below(root, name));
      await open.get(name).close();
      unsynced.delete(open.get(name));
      open.delete(name);
      changedNames += 1;
    },
    sync: async () => {
      const name = pick([...open.keys()]);
      if (name !== undefined) await syncFile(name);
    },
    syncNames,
  };
  await disk.makeDirectory(below(root, ""));
  await disk.makeDirectory(below(root, "d"));
  await disk.syncDirectory(root);
  await syncNames();
  for (let step = 0; step < 60; step++) {
    await actions[pick(["create", "create", "write", "write", "write", "write", "rename", "rename", "remove", "sync", "syncNames"])]();
    // All that may be left has to be listed, and each unsynced unit doubles it.
    if (changedNames >= 4) await syncNames();
    if (unsynced.size >= 2) for (const name of open.keys()) if (unsynced.has(open.get(name))) await syncFile(name);
  }
  for (const file of open.values()) await file.close();
}

export const workloads = { durableState, secondLife, files };
