import { describe, expect, it } from "vitest";
import type { Disk, DiskFile } from "../src/index.ts";
import { readFully, writeFully } from "../src/index.ts";
import { alteredDisk, type Alteration, type ChangingCall, createSimulatedDisk, type SimulatedDisk } from "../src/testing/index.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function saved(disk: Disk): Promise<DiskFile> {
  const file = await disk.create("/new");
  await writeFully(file, 0, bytes("hello"));
  await file.sync();
  await disk.rename("/new", "/saved");
  await disk.syncDirectory("/");
  return file;
}

async function contentOf(disk: Disk, path: string): Promise<string | undefined> {
  const status = await disk.stat(path);
  if (status === undefined) return undefined;
  const file = await disk.open(path);
  const read = new Uint8Array(status.size);
  await readFully(file, 0, read);
  await file.close();
  return new TextDecoder().decode(read);
}

/** What changed the disk, in the order in which it took effect. */
const effects = ({ operations }: SimulatedDisk): readonly string[] =>
  operations.filter(({ kind }) => !["stat", "list", "open", "read", "close"].includes(kind)).map(({ kind }) => kind);

async function effectsOf(alter: (call: ChangingCall) => Alteration | undefined): Promise<readonly string[]> {
  const disk = createSimulatedDisk();
  await (await saved(alteredDisk(disk, alter))).close();
  return effects(disk);
}

const isIt = (kind: string, alteration: Alteration) => (call: ChangingCall): Alteration | undefined => (call.kind === kind ? alteration : undefined);

describe("a disk whose calls are altered", () => {
  it("does what it is asked where nothing is altered", async () => {
    expect(await effectsOf(() => undefined)).toEqual(["create", "write", "sync", "rename", "syncDirectory"]);
  });

  it("shows by the stack where a call was made, the caller first", async () => {
    const stacks: string[] = [];
    await effectsOf(({ kind, stack }) => {
      if (kind === "write") stacks.push(stack);
      return undefined;
    });
    const lines = stacks.join("\n").split("\n");
    expect(lines[0]).toMatch(/writeFully/);
    expect(lines.some((line) => line.includes("saved"))).toBe(true);
  });

  it.each(["write", "sync", "rename", "syncDirectory"])("leaves a %s out and says yes", async (kind) => {
    const all = ["create", "write", "sync", "rename", "syncDirectory"];
    expect(await effectsOf(isIt(kind, "left out"))).toEqual(all.filter((other) => other !== kind));
  });

  it("leaves removals and new directories out", async () => {
    const disk = createSimulatedDisk();
    await disk.makeDirectory("/d");
    await (await disk.create("/d/f")).close();
    const altered = alteredDisk(disk, () => "left out");
    await altered.remove("/d/f");
    await altered.removeDirectory("/d");
    await altered.makeDirectory("/e");
    expect(await contentOf(disk, "/d/f")).toBe("");
    expect(await disk.stat("/e")).toBeUndefined();
  });

  it("takes a rename apart: a kill in between finds the target without content, or in part", async () => {
    const disk = createSimulatedDisk();
    await disk.makeDirectory("/built");
    for (const name of ["a", "b"]) await (await disk.create(`/built/${name}`)).close();
    const found = new Set<string>();
    disk.beforeEach(() => {
      const { files } = disk.killed();
      const text = files.get("/saved");
      if (text !== undefined) found.add(`saved ${new TextDecoder().decode(text)}`);
      found.add(["a", "b"].filter((name) => files.has(`/published/${name}`)).join(" and "));
    });
    const altered = alteredDisk(disk, isIt("rename", "taken apart"));
    const file = await saved(altered);
    await writeFully(file, 5, bytes(" again"));
    await file.close();
    await altered.rename("/built", "/published");
    expect(await contentOf(disk, "/saved")).toBe("hello again");
    expect([...found].sort()).toEqual(["", "a", "a and b", "saved ", "saved hello", "saved hello again"]);
    expect((await disk.list("/published")).map(({ name }) => name).sort()).toEqual(["a", "b"]);
    expect(await disk.stat("/built")).toBeUndefined();
    expect(disk.openFiles).toBe(0);
  });

  it("holds a call back until after the next one, or until right before it, or passes one over", async () => {
    const held = (behind: (next: ChangingCall) => "before" | "after" | undefined): Promise<readonly string[]> => effectsOf(isIt("sync", { behind }));
    expect(await held(() => "after")).toEqual(["create", "write", "rename", "sync", "syncDirectory"]);
    expect(await held(() => "before")).toEqual(["create", "write", "sync", "rename", "syncDirectory"]);
    expect(await held(({ kind }) => (kind === "rename" ? undefined : "after"))).toEqual(["create", "write", "rename", "syncDirectory", "sync"]);
  });

  it("tells when what was held took effect, and holds back no second call meanwhile", async () => {
    const told: string[] = [];
    const disk = createSimulatedDisk();
    const altered = alteredDisk(disk, ({ kind }) => ({ behind: (next) => (next.kind === "syncDirectory" ? "after" : undefined), done: () => told.push(`${kind} of ${effects(disk).join(" ")}`) }));
    await altered.makeDirectory("/a");
    await altered.makeDirectory("/b");
    await altered.syncDirectory("/");
    expect(told).toEqual(["makeDirectory of makeDirectory syncDirectory makeDirectory"]);
    expect((await disk.list("/")).map(({ name }) => name)).toEqual(["b", "a"]);
  });

  it("keeps the bytes of a write that is held, and its file open", async () => {
    for (const method of ["write", "writeSync"] as const) {
      const disk = createSimulatedDisk();
      const altered = alteredDisk(disk, isIt("write", { behind: () => "after" }));
      const file = await altered.create("/f");
      const source = bytes("hello");
      expect(await file[method](0, source)).toBe(5);
      source.fill(0);
      await file.close();
      await altered.makeDirectory("/d");
      expect(await contentOf(disk, "/f")).toBe("hello");
      expect(disk.openFiles).toBe(0);
    }
  });

  it("lets a write that takes effect at once come behind what was held until then", async () => {
    const disk = createSimulatedDisk();
    const altered = alteredDisk(disk, isIt("sync", { behind: () => "before" }));
    const file = await altered.create("/f");
    await file.sync();
    file.writeSync(0, bytes("hello"));
    await altered.syncDirectory("/");
    expect(effects(disk)).toEqual(["create", "sync", "write", "syncDirectory"]);
    await file.close();
  });

  it("lets nobody see that a name is held back", async () => {
    const disk = createSimulatedDisk();
    const altered = alteredDisk(disk, isIt("makeDirectory", { behind: () => "after" }));
    await altered.makeDirectory("/d");
    expect(await disk.stat("/d")).toBeUndefined();
    expect((await altered.stat("/d"))?.kind).toBe("directory");
  });

  it("syncs the directory that was meant, though it was moved meanwhile", async () => {
    const disk = createSimulatedDisk();
    await disk.makeDirectory("/built");
    const altered = alteredDisk(disk, isIt("syncDirectory", { behind: () => "after" }));
    await altered.syncDirectory("/built");
    await altered.rename("/built", "/published");
    expect(disk.operations.at(-1)).toMatchObject({ kind: "syncDirectory", path: "/published" });
  });

  it("gives the failure of what was held to the call that it takes effect at", async () => {
    const altered = alteredDisk(createSimulatedDisk(), isIt("remove", { behind: () => "before" }));
    await altered.remove("/nothing");
    await expect(altered.syncDirectory("/")).rejects.toThrow(/remove .*ENOENT/);
  });

  it("lets what was held take effect behind a call that fails", async () => {
    const disk = createSimulatedDisk();
    const altered = alteredDisk(disk, isIt("makeDirectory", { behind: () => "after" }));
    await altered.makeDirectory("/d");
    await expect(altered.remove("/nothing")).rejects.toThrow(/ENOENT/);
    expect(effects(disk)).toEqual(["remove", "makeDirectory"]);
  });

  it("refuses what can't be", async () => {
    const altered = (alteration: Alteration): Disk => alteredDisk(createSimulatedDisk(), () => alteration);
    await expect(altered("left out").create("/f")).rejects.toThrow(TypeError);
    await expect(altered({ behind: () => "after" }).create("/f")).rejects.toThrow(TypeError);
    await expect(altered("taken apart").syncDirectory("/")).rejects.toThrow(TypeError);
  });
});
