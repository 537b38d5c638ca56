// What makes two runs of a workload the same, on whatever disk: identities from a seed, time that stands still, listings in order.
const SOME_DAY = Date.UTC(2024, 0, 1);

/** Log identities and salts come from `seed` and times from one moment until the function that it returns is called. */
export function seedIdentities(seed) {
  let state = seed >>> 0;
  const fill = (array) => {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    for (let at = 0; at < bytes.length; at++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      bytes[at] = state >>> 24;
    }
    return array;
  };
  const now = Date.now;
  Object.defineProperty(globalThis.crypto, "getRandomValues", { value: fill, configurable: true });
  Date.now = () => SOME_DAY;
  return () => {
    delete globalThis.crypto.getRandomValues;
    Date.now = now;
  };
}

/** No timer ever fires, so that nothing is done because a machine is slow. */
const stillClock = { now: () => SOME_DAY, monotonic: () => 0, after: () => () => undefined };

const inOrder = (entries) => [...entries].sort((one, other) => (one.name < other.name ? -1 : 1));

/**
 * The same disk for a run that can be repeated. `before` is called before each call that changes or syncs something, with what a
 * trace of the simulated disk says of it; `owners` replaces those of the disk. Listings come sorted: the port promises no order, and
 * what is done in their order would differ.
 */
export function repeatable(disk, { before = () => undefined, owners = disk.owners } = {}) {
  let last;
  /** Syncs that are asked for at once come one after the other: what of them is done while one waits would differ. */
  const inTurn = (operation, sync) => {
    const begin = () => (before(operation), sync());
    const done = last === undefined ? begin() : last.then(begin);
    const ended = done.then(() => undefined, () => undefined).then(() => {
      if (last === ended) last = undefined;
    });
    last = ended;
    return done;
  };
  const fileOf = (file) => ({
    path: file.path,
    size: () => file.size(),
    read: (position, target) => file.read(position, target),
    write: (position, source) => (before({ kind: "write", path: file.path, position, length: source.length }), file.write(position, source)),
    writeSync: (position, source) => (before({ kind: "write", path: file.path, position, length: source.length }), file.writeSync(position, source)),
    sync: () => inTurn({ kind: "sync", path: file.path }, () => file.sync()),
    close: () => file.close(),
  });
  return {
    clock: stillClock,
    owners,
    stat: (path) => disk.stat(path),
    statSync: (path) => disk.statSync(path),
    list: async (path) => inOrder(await disk.list(path)),
    listSync: (path) => inOrder(disk.listSync(path)),
    open: async (path) => fileOf(await disk.open(path)),
    readSync: (path, position, target) => disk.readSync(path, position, target),
    create: async (path) => (before({ kind: "create", path }), fileOf(await disk.create(path))),
    makeDirectory: (path) => (before({ kind: "makeDirectory", path }), disk.makeDirectory(path)),
    removeDirectory: (path) => (before({ kind: "removeDirectory", path }), disk.removeDirectory(path)),
    remove: (path) => (before({ kind: "remove", path }), disk.remove(path)),
    rename: (from, to) => (before({ kind: "rename", path: from, target: to }), disk.rename(from, to)),
    syncDirectory: (path) => inTurn({ kind: "syncDirectory", path }, () => disk.syncDirectory(path)),
  };
}
