import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCheckpointManager, openCheckpointReader, validateCheckpoint } from "@laminar/checkpoint";
import { createSimulatedDisk, type SimulatedDisk } from "@laminar/disk/testing";
import { inspectWal, openWal, openWalReader, readWalSync, verifyWal, walSize } from "@laminar/wal";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDurableState, recover } from "../../src/index.ts";

type Door = readonly [name: string, open: (directory: string) => unknown];

/** Each with what it would otherwise leave open closed again. */
const writers: readonly Door[] = [
  ["openWal", async (directory) => (await openWal(directory)).close()],
  ["openCheckpointManager", async (directory) => (await openCheckpointManager({ directory })).close()],
  ["openDurableState", async (directory) => (await openDurableState({ directory })).close()],
];
const readers: readonly Door[] = [
  ["openWalReader", openWalReader],
  ["readWalSync", (directory) => readWalSync(directory)],
  ["verifyWal", verifyWal],
  ["inspectWal", inspectWal],
  ["walSize", walSize],
  ["openCheckpointReader", (directory) => openCheckpointReader(directory).survey()],
  ["validateCheckpoint", validateCheckpoint],
  ["recover of checkpoints", (checkpointDir) => recover({ checkpointDir })],
  ["recover of a log", (walDir) => recover({ walDir })],
];

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "laminar-places-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Everything under a directory, with what it holds. */
async function everything(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  const lines = entries.map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    const holds = entry.isFile() ? await readFile(path, "hex") : entry.isSymbolicLink() ? await readlink(path) : "";
    return `${path} ${holds}`;
  });
  return (await Promise.all(lines)).sort();
}

const errorOf = async (call: () => unknown): Promise<unknown> => {
  try {
    return `was taken: ${String(await call())}`;
  } catch (error) {
    return error;
  }
};

/** A refusal with a stable code that names the place and, in words, what to do. */
function expectRefusal(error: unknown, place: string): void {
  expect(error).toBeInstanceOf(Error);
  const { code, message } = error as Error & { readonly code?: unknown };
  expect(code, message).toMatch(/^(WAL|CHECKPOINT|RECOVERY|DISK)_[A-Z_]+$/);
  expect(message).toContain(place);
}

const places: readonly (readonly [what: string, make: (path: string) => Promise<unknown>])[] = [
  ["a file", (path) => writeFile(path, "not a directory")],
  ["a link to nowhere", (path) => symlink(join(root, "nowhere"), path)],
  ["a path through a file", (path) => writeFile(path, "x")],
];

describe.each(places)("where %s stands", (what, make) => {
  it.each([...writers, ...readers])("%s is refused by its place, and changes nothing", async (name, open) => {
    const given = join(root, `${what} ${name}`.replaceAll(" ", "-"));
    await make(given);
    const path = what.startsWith("a path") ? join(given, "below") : given;
    const before = await everything(root);
    const outcome = await errorOf(() => open(path));
    // A path of which nothing can stand is, for who only looks, a place where nothing is.
    if (typeof outcome === "string") expect([readers.some(([reader]) => reader === name), what]).toEqual([true, "a path through a file"]);
    else expectRefusal(outcome, given);
    expect(await everything(root)).toEqual(before);
  });
});

describe("where nothing is", () => {
  it.each(readers)("%s makes nothing, whatever it says", async (name, open) => {
    const path = join(root, `nothing-${name.replaceAll(" ", "-")}`);
    const before = await everything(root);
    const outcome = await errorOf(() => open(path));
    if (typeof outcome !== "string") expectRefusal(outcome, path);
    expect(await everything(root)).toEqual(before);
  });

  it.each<Door>([
    ["openWal", (directory) => openWal(directory, { mustExist: true })],
    ["openDurableState", (directory) => openDurableState({ directory, mustExist: true })],
    ["recover", (walDir) => recover({ walDir, mustExist: true })],
  ])("%s with mustExist is refused, says what to do, and makes nothing", async (name, open) => {
    const before = await everything(root);
    const error = await errorOf(() => open(join(root, `must-${name}`)));
    expect(error).toMatchObject({ code: expect.stringMatching(/_NOT_FOUND$/) as string, message: expect.stringMatching(/check the paths?/) as string });
    expect(await everything(root)).toEqual(before);
  });
});

describe("in somebody else's directory", () => {
  it.each([...writers, ...readers])("%s leaves what isn't ours as it is", async (name, open) => {
    const directory = join(root, `theirs-${name.replaceAll(" ", "-")}`);
    await mkdir(join(directory, "photos"), { recursive: true });
    await writeFile(join(directory, "photos", "cat.jpg"), "cat");
    await writeFile(join(directory, "0001.wal"), "another program's");
    await writeFile(join(directory, "checkpoint_1"), "another program's");
    const before = await everything(directory);
    await errorOf(() => open(directory));
    expect(await everything(directory)).toEqual(expect.arrayContaining([...before]));
    if (readers.some(([reader]) => reader === name)) expect(await everything(directory)).toEqual(before);
  });

  // Root may write everywhere.
  it.skipIf(process.getuid?.() === 0)("which isn't to be written, a writer is refused by its place", async () => {
    for (const [name, open] of writers) {
      const directory = join(root, `read-only-${name}`);
      await mkdir(directory);
      await chmod(directory, 0o500);
      expectRefusal(await errorOf(() => open(directory)), directory);
      expect(await readdir(directory)).toEqual([]);
    }
  });
});

/** A place that refuses everything that changes it, as for a process that may not, or on a file system for reading. */
function refusing(errno: string): SimulatedDisk {
  const disk = createSimulatedDisk();
  const changes = new Set(["create", "makeDirectory", "removeDirectory", "remove", "rename", "write"]);
  disk.plan(({ kind }) => (changes.has(kind) ? { kind: "error", errno } : undefined));
  return disk;
}

describe.each([["EACCES", /isn't allowed/], ["EROFS", /read-only/], ["ENOSPC", /no space/]] as const)("on a disk that says %s", (errno, words) => {
  it.each<readonly [string, (disk: SimulatedDisk) => Promise<unknown>]>([
    ["openWal", (disk) => openWal("/data/log", { disk })],
    ["openCheckpointManager", (disk) => openCheckpointManager({ directory: "/data/c", disk })],
    ["openDurableState", (disk) => openDurableState({ directory: "/data", disk })],
  ])("%s says so in words, names the place, and leaves nothing", async (_, open) => {
    const disk = refusing(errno);
    const before = disk.killed().hash;
    const error = await errorOf(() => open(disk));
    expectRefusal(error, "/data");
    expect(String(error)).toMatch(words);
    expect([disk.killed().hash, disk.openFiles]).toEqual([before, 0]);
  });
});

describe("a full disk", () => {
  it("fails what was under way by its code, and what was acknowledged is there when it is opened again", async () => {
    const disk = createSimulatedDisk();
    const state = await openDurableState<string>({ directory: "/data", disk });
    state.put("kept", "1");
    await state.commit();
    disk.limitSpace(2000);
    state.put("lost", "x".repeat(4000));
    expect(await errorOf(() => state.commit())).toMatchObject({ code: "WAL_POISONED", message: expect.stringContaining("/data/log/0000000000000001.wal") as string });
    expect(await errorOf(() => state.get("kept"))).toMatchObject({ code: "RECOVERY_STATE_FAILED", message: expect.stringMatching(/open it again.*(space|full)/) as string });
    await state.close();
    disk.limitSpace(1_000_000);
    const again = await openDurableState<string>({ directory: "/data", disk });
    expect(again.get("kept")).toBe("1");
    await again.close();
  });
});

describe("after close", () => {
  it("every call of a log, a manager and a state is refused by its code, and changes nothing", async () => {
    const disk = createSimulatedDisk();
    const log = await openWal("/log", { disk });
    const manager = await openCheckpointManager({ directory: "/c", disk });
    const state = await openDurableState({ directory: "/data", disk });
    await Promise.all([log.close(), manager.close(), state.close()]);
    const before = disk.killed().hash;
    const entry = { type: "delete", key: new Uint8Array(1) } as const;
    const calls: readonly (readonly [code: string, call: () => unknown])[] = [
      ...[() => log.append(entry), () => log.appendAll([entry]), () => log.sync(), () => log.ready(), () => log.truncateAfter(0), () => log.truncateBefore(1), () => log.read(), () => log.entries()].map((call) => ["WAL_CLOSED", call] as const),
      ...[() => manager.create({ walPosition: 0, state: new Uint8Array(1) }), () => manager.delete(1), () => manager.cleanup()].map((call) => ["CHECKPOINT_CLOSED", call] as const),
      ...[() => state.put("k", 1), () => state.get("k"), () => state.delete("k"), () => state.has("k"), () => state.entries(), () => state.rollback(), () => state.commit(), () => state.update(() => 1), () => state.checkpoint(), () => state.size].map((call) => ["RECOVERY_STATE_CLOSED", call] as const),
    ];
    for (const [code, call] of calls) {
      const error = await errorOf(call);
      expect(error, String(call)).toMatchObject({ code });
      expect(String(error), String(call)).toMatch(/open (it again|another)/);
    }
    await Promise.all([log.close(), manager.close(), state.close()]);
    expect(disk.killed().hash).toBe(before);
  });
});

describe("a signal that is aborted already", () => {
  it("ends each call with its reason, and nothing changes", async () => {
    const disk = createSimulatedDisk();
    const log = await openWal("/log", { disk });
    log.append({ type: "delete", key: new Uint8Array(1) });
    await log.sync();
    const manager = await openCheckpointManager({ directory: "/c", disk });
    await manager.create({ walPosition: 0, state: new Uint8Array(1) });
    const reason = new Error("not any more");
    const signal = AbortSignal.abort(reason);
    const before = disk.killed().hashOf((path) => !path.includes("/tmp_"));
    const calls: readonly (() => unknown)[] = [
      async () => {
        for await (const _ of log.read({ signal }));
      },
      () => verifyWal("/log", { disk, signal }),
      () => inspectWal("/log", { disk, signal }),
      () => manager.create({ walPosition: 0, state: new Uint8Array(1) }, { signal }),
      () => validateCheckpoint("/c/checkpoint_0000000000000001", { disk, signal }),
      () => recover({ walDir: "/log", disk, signal }),
    ];
    for (const call of calls) expect(await errorOf(call), String(call)).toBe(reason);
    expect(disk.killed().hashOf((path) => !path.includes("/tmp_"))).toBe(before);
    expect((await manager.list()).map(({ id }) => id)).toEqual([1]);
    await manager.close();
    await log.close();
  });

  it("leaves an opening of a durable state undone, and the directory free", async () => {
    const disk = createSimulatedDisk();
    const reason = new Error("not any more");
    const before = disk.killed().hash;
    expect(await errorOf(() => openDurableState({ directory: "/data", disk, signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(disk.killed().hash).toBe(before);
    await (await openDurableState({ directory: "/data", disk })).close();
  });
});
