import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSimulatedDisk } from "@laminar/disk/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkpointReader, type CheckpointStore, fileCheckpointStore, validateCheckpoint } from "../src/index.ts";
import { nameOf } from "../src/checkpoint-names.ts";
import { bytesOf, openStore, PLACE, publishedDisk, put, readAll, textOf } from "./stores.ts";

let outside = "";
let place = "";
let store: CheckpointStore;

beforeEach(async () => {
  const root = await mkdtemp(join(tmpdir(), "laminar-foreign-"));
  outside = join(root, "outside");
  place = join(root, "checkpoints");
  await mkdir(join(outside, nameOf("checkpoint", 9)), { recursive: true });
  await writeFile(join(outside, "precious"), "precious");
  for (const name of ["metadata.json", "state.bin"]) await writeFile(join(outside, nameOf("checkpoint", 9), name), "outside");
  store = fileCheckpointStore(place);
  await store.lock();
});
afterEach(async () => {
  expect(await readFile(join(outside, "precious"), "utf8")).toBe("precious");
  expect(await readFile(join(outside, nameOf("checkpoint", 9), "state.bin"), "utf8")).toBe("outside");
  await rm(join(place, ".."), { recursive: true, force: true });
});

const named = async (): Promise<readonly string[]> => (await readdir(place)).filter((name) => name !== "LOCK").sort();

/** What somebody may have put under a name. */
const FOREIGN: Readonly<Record<string, (path: string) => Promise<void>>> = {
  "a file": (path) => writeFile(path, "foreign"),
  "a link to a file": (path) => symlink(join(outside, "precious"), path),
  "a link to a directory": (path) => symlink(outside, path),
  "a link to nowhere": (path) => symlink("nowhere", path),
  "an empty directory": (path) => mkdir(path),
  "a directory with files, links and directories in it": async (path) => {
    await mkdir(join(path, "inner", "deep"), { recursive: true });
    await writeFile(join(path, "notes"), "foreign");
    await writeFile(join(path, "inner", "deep", "notes"), "foreign");
    await symlink(outside, join(path, "inner", "link"));
    await symlink(join(outside, "precious"), join(path, "link"));
  },
};

describe.each(Object.entries(FOREIGN))("%s", (what, putAt) => {
  it("at the name of a withdrawn checkpoint keeps that one from nothing, and isn't taken for it", async () => {
    for (const id of [1, 2]) await put(store, id);
    await putAt(join(place, nameOf("trash", 1)));
    const foreign = await named();
    await store.withdraw([1]);
    expect((await store.list()).ids).toEqual([2]);
    expect(await named()).toEqual([...foreign.filter((name) => name !== nameOf("checkpoint", 1)), `${nameOf("trash", 1)}_1`].sort());
    await store.sweep();
    const { leftovers, ignored } = await store.list();
    expect(leftovers).toEqual([]);
    expect(await named()).toEqual([nameOf("checkpoint", 2), ...ignored]);
  });

  it("inside of a withdrawn or an unfinished checkpoint goes with it, and nothing that a link leads to", async () => {
    for (const id of [1, 3]) await put(store, id);
    await putAt(join(place, nameOf("checkpoint", 1), "foreign"));
    await mkdir(join(place, nameOf("tmp", 2)));
    await putAt(join(place, nameOf("tmp", 2), "foreign"));
    await store.withdraw([1]);
    await store.sweep();
    expect(await named()).toEqual([nameOf("checkpoint", 3)]);
  });

  it.each(["tmp", "checkpoint", "trash"] as const)("at %s_<id> makes the id one that is given already", async (kind) => {
    await put(store, 1);
    await putAt(join(place, nameOf(kind, 5)));
    await expect(put(store, 5)).rejects.toMatchObject({ code: "CHECKPOINT_EXISTS", id: 5, file: join(place, nameOf(kind, 5)) });
    expect((await store.list()).highestId).toBe(5);
    await put(store, 6);
    expect((await store.list()).ids).toEqual(expect.arrayContaining([1, 6]));
  });

  it("in the place of a state or of metadata is damage of that checkpoint alone", async () => {
    for (const part of ["state", "metadata"] as const) {
      const id = part === "state" ? 1 : 2;
      await put(store, id);
      const path = store.locate(id, part);
      await rm(path);
      await putAt(path);
      const read = part === "state" ? readAll(store, id) : store.readMetadata(id).then(textOf);
      // The bytes of another file are those that a reader gets, and finds damaged.
      if (what === "a file") expect(await read).toBe("foreign");
      else await expect(read).rejects.toMatchObject({ code: "CHECKPOINT_CORRUPT", id, file: path });
    }
    await put(store, 3);
    await store.withdraw([1, 2]);
    await store.sweep();
    expect(await named()).toEqual([nameOf("checkpoint", 3)]);
  });
});

describe("a link that is named like a checkpoint", () => {
  beforeEach(async () => {
    await put(store, 1);
    await symlink(join(outside, nameOf("checkpoint", 9)), join(place, nameOf("checkpoint", 9)));
  });

  it("is reported, and never read, withdrawn or swept", async () => {
    expect(await store.list()).toMatchObject({ ids: [1], ignored: [nameOf("checkpoint", 9)] });
    const validate = (): Promise<unknown> => validateCheckpoint(join(place, nameOf("checkpoint", 9)));
    for (const read of [() => store.readMetadata(9), () => readAll(store, 9), () => store.revision(9), validate]) {
      await expect(read()).rejects.toMatchObject({ code: "CHECKPOINT_NOT_FOUND", id: 9 });
    }
    await store.withdraw([9]);
    await store.sweep();
    expect(await named()).toEqual([nameOf("checkpoint", 1), nameOf("checkpoint", 9)]);
  });
});

describe("names that aren't canonical", () => {
  const odd = [
    "checkpoint_1",
    "checkpoint_000000000000000G",
    "checkpoint_000000000000000A",
    "checkpoint_0000000000000000",
    "checkpoint_0020000000000000",
    "checkpoint_ffffffffffffffff",
    "checkpoint_0000000000000001_1",
    "tmp_00000000000000001",
    "tmp_0000000000000007_1",
    "trash_0000000000000007_0",
    "trash_0000000000000007_01",
    "trash_0000000000000007_",
    "trash_x",
  ];

  it("are reported, count for no id and stay", async () => {
    for (const name of odd) await mkdir(join(place, name));
    for (const name of [".DS_Store", "notes"]) await writeFile(join(place, name), "");
    await put(store, 1);
    await store.sweep();
    expect(await store.list()).toEqual({ exists: true, ids: [1], highestId: 1, leftovers: [], ignored: [...odd].sort() });
    expect(await named()).toEqual([...odd, ".DS_Store", "notes", nameOf("checkpoint", 1)].sort());
  });
});

describe("the place", () => {
  it("is a directory: a link to one, a file, or a file above it are refused with a message that says so", async () => {
    await symlink(place, join(outside, "link"));
    for (const path of [join(outside, "link"), join(outside, "precious"), join(outside, "precious", "below")]) {
      await expect(fileCheckpointStore(path).lock()).rejects.toMatchObject({ code: "CHECKPOINT_IO", message: expect.stringContaining("directory") });
    }
    await expect(fileCheckpointStore(join(outside, "link")).list()).rejects.toMatchObject({ code: "CHECKPOINT_IO" });
    expect(await readdir(outside)).toHaveLength(3);
  });

  it("is read where it can't be written, and refused to an owner there", async () => {
    const { disk } = await publishedDisk(1);
    const readOnly = disk.killed().mount();
    readOnly.plan(({ kind }) => (["stat", "list", "open", "read", "size", "close"].includes(kind) ? undefined : { kind: "error", errno: "EROFS" }));
    expect((await fileCheckpointStore(PLACE, { disk: readOnly }).list()).ids).toEqual([1]);
    expect((await checkpointReader(fileCheckpointStore(PLACE, { disk: readOnly })).survey()).checkpoints.map(({ id }) => id)).toEqual([1]);
    await expect(fileCheckpointStore(PLACE, { disk: readOnly }).lock()).rejects.toMatchObject({ code: "CHECKPOINT_IO", message: expect.stringContaining("read-only") });
  });
});

describe("one leftover that can't be removed", () => {
  it("keeps no other from going, is reported each time, and goes when it can", async () => {
    const { disk, store: simulated } = await publishedDisk(1, 2, 3, 4);
    await simulated.withdraw([1, 2, 3]);
    disk.plan(({ kind, path }) => (kind === "list" && path.endsWith(nameOf("trash", 2)) ? { kind: "error", errno: "EACCES" } : undefined));
    for (let round = 0; round < 2; round++) {
      await expect(simulated.sweep()).rejects.toMatchObject({ code: "CHECKPOINT_IO", file: `${PLACE}/${nameOf("trash", 2)}` });
      expect(await simulated.list()).toMatchObject({ ids: [4], leftovers: [nameOf("trash", 2)] });
    }
    await put(simulated, 5);
    await simulated.withdraw([4]);
    disk.plan(undefined);
    await simulated.sweep();
    expect(await simulated.list()).toMatchObject({ ids: [5], leftovers: [] });
  });

  it("keeps no checkpoint from being withdrawn, nor does one that can't be renamed", async () => {
    const { disk, store: simulated } = await publishedDisk(1, 2, 3);
    disk.plan(({ kind, path }) => (kind === "rename" && path.endsWith(nameOf("checkpoint", 1)) ? { kind: "error", errno: "EACCES" } : undefined));
    await expect(simulated.withdraw([1, 2])).rejects.toMatchObject({ code: "CHECKPOINT_IO", id: 1, file: `${PLACE}/${nameOf("checkpoint", 1)}` });
    expect((await simulated.list()).ids).toEqual([1, 3]);
    await simulated.sweep();
    expect((await simulated.list()).leftovers).toEqual([]);
  });

  it("and that has the highest number is still the only one that stays", async () => {
    const { disk, store: simulated } = await publishedDisk(1, 7);
    await disk.makeDirectory(`${PLACE}/${nameOf("trash", 7)}`);
    await simulated.withdraw([7]);
    await simulated.sweep();
    expect(await simulated.list()).toMatchObject({ ids: [1], highestId: 7, leftovers: [nameOf("trash", 7)] });
  });
});

it("a lock whose place is taken by a file is refused with a message that says so", async () => {
  const disk = createSimulatedDisk();
  await disk.makeDirectory("/data");
  await disk.makeDirectory(PLACE);
  const file = await disk.create(`${PLACE}/LOCK`);
  await file.write(0, bytesOf("x"));
  await file.close();
  await expect(openStore(disk)).rejects.toMatchObject({ code: "CHECKPOINT_IO", message: expect.stringContaining("LOCK") });
});
