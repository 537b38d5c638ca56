import { describe, expect, test } from "vitest";
import { createSimulatedDisk, type DiskImage, type SimulatedDisk } from "../src/testing/index.ts";

const sector = 512;

function filled(length: number, value: number): Uint8Array {
  return new Uint8Array(length).fill(value);
}

/** `name` is durable at the end, `content` too. */
async function durableFile(disk: SimulatedDisk, path: string, content: Uint8Array): Promise<void> {
  const file = await disk.create(path);
  if (content.length > 0) await file.write(0, content);
  await file.sync();
  await file.close();
  await disk.syncDirectory("/");
}

/** Files of an image as `path=value×count,…`, in short. */
function shown(image: DiskImage): string {
  const show = (content: Uint8Array): string => {
    const runs: { value: number; count: number }[] = [];
    for (const value of content) {
      const last = runs.at(-1);
      if (last?.value === value) last.count += 1;
      else runs.push({ value, count: 1 });
    }
    return runs.map(({ value, count }) => `${value}×${count}`).join(",");
  };
  const files = [...image.files].map(([path, content]) => `${path}=${show(content)}`);
  const directories = [...image.directories].filter((path) => path !== "/").map((path) => `${path}/`);
  return [...directories, ...files].sort().join(" ");
}

function cuts(disk: SimulatedDisk): readonly string[] {
  return [...disk.powerCuts()].map(shown).sort();
}

describe("what a power cut leaves of content", () => {
  test("a new file of two sectors has eight states: no name, or any length with any of its sectors", async () => {
    const disk = createSimulatedDisk();
    const file = await disk.create("/a");
    await file.write(0, filled(2 * sector, 7));
    expect(cuts(disk)).toEqual(
      ["", "/a=", "/a=0×512", "/a=7×512", "/a=0×1024", "/a=0×512,7×512", "/a=7×512,0×512", "/a=7×1024"].sort(),
    );
  });

  test("a file whose content is synced is there whole or not at all until its directory is synced", async () => {
    const disk = createSimulatedDisk();
    const file = await disk.create("/a");
    await file.write(0, filled(3 * sector, 7));
    await file.sync();
    expect(cuts(disk)).toEqual(["", "/a=7×1536"]);
    await disk.syncDirectory("/");
    expect(cuts(disk)).toEqual(["/a=7×1536"]);
  });

  test("a synced directory says nothing about the content of its files", async () => {
    const disk = createSimulatedDisk();
    const file = await disk.create("/a");
    await file.write(0, filled(10, 7));
    await disk.syncDirectory("/");
    expect(cuts(disk)).toEqual(["/a=", "/a=0×10", "/a=7×10"]);
  });

  test("each overwritten sector is old or new on its own", async () => {
    const disk = createSimulatedDisk();
    const file = await disk.create("/a");
    await file.write(0, filled(2 * sector, 1));
    await file.sync();
    await disk.syncDirectory("/");
    await file.write(sector - 1, filled(2, 2));
    expect(cuts(disk)).toEqual(["/a=1×1024", "/a=1×511,2×1,1×512", "/a=1×511,2×2,1×511", "/a=1×512,2×1,1×511"]);
  });

  test("a sector that was written more than once may be in any of its versions, and a length any that the file had", async () => {
    const disk = createSimulatedDisk();
    await durableFile(disk, "/b", filled(1, 9));
    const file = await disk.create("/a");
    await disk.syncDirectory("/");
    await file.write(0, filled(100, 1));
    await file.write(100, filled(100, 2));
    const states = ["", "0×100", "1×100", "0×200", "1×100,0×100", "1×100,2×100"];
    expect(cuts(disk)).toEqual(states.map((content) => `/a=${content} /b=9×1`).sort());
  });

  test("an append leaves what was synced before it in every state", async () => {
    const disk = createSimulatedDisk();
    const file = await disk.create("/a");
    await file.write(0, filled(300, 1));
    await file.sync();
    await disk.syncDirectory("/");
    await file.write(300, filled(1500, 2));
    const states = [...disk.powerCuts()];
    // 300: 1, 512: 2, 1024: 4, 1536: 8, 1800: 16.
    expect(states.length).toBe(31);
    for (const image of states) expect(image.files.get("/a")?.subarray(0, 300)).toEqual(filled(300, 1));
  });

  test("what was never written is zeros in every state", async () => {
    const disk = createSimulatedDisk();
    const file = await disk.create("/a");
    await disk.syncDirectory("/");
    await file.write(1000, filled(24, 3));
    expect(cuts(disk)).toEqual(["/a=", "/a=0×512", "/a=0×1024", "/a=0×1000,3×24"].sort());
  });

  test("files are independent of each other", async () => {
    const disk = createSimulatedDisk();
    const files = [await disk.create("/a"), await disk.create("/b")];
    await disk.syncDirectory("/");
    for (const file of files) await file.write(0, filled(1, 1));
    expect(cuts(disk).length).toBe(9);
  });
});

describe("what a power cut leaves of names", () => {
  test("a new directory is gone with all that it holds until its own parent is synced", async () => {
    const disk = createSimulatedDisk();
    await disk.makeDirectory("/d");
    await (await disk.create("/d/a")).close();
    await disk.syncDirectory("/d");
    expect(cuts(disk)).toEqual(["", "/d/ /d/a="]);
    await disk.syncDirectory("/");
    expect(cuts(disk)).toEqual(["/d/ /d/a="]);
  });

  test("a removed name may come back until the directory is synced", async () => {
    const disk = createSimulatedDisk();
    await durableFile(disk, "/a", filled(1, 1));
    await disk.remove("/a");
    expect(cuts(disk)).toEqual(["", "/a=1×1"]);
    await disk.syncDirectory("/");
    expect(cuts(disk)).toEqual([""]);
  });

  test("a rename has happened or not: never are both names gone", async () => {
    const disk = createSimulatedDisk();
    await durableFile(disk, "/a", filled(1, 1));
    await durableFile(disk, "/b", filled(1, 2));
    await disk.rename("/a", "/b");
    expect(cuts(disk)).toEqual(["/a=1×1 /b=2×1", "/b=1×1"]);
  });

  test("a new file that replaces another has the old or the new content under its name in every state", async () => {
    const disk = createSimulatedDisk();
    await durableFile(disk, "/b", filled(1, 2));
    const file = await disk.create("/b.new");
    await file.write(0, filled(1, 1));
    await file.sync();
    await disk.rename("/b.new", "/b");
    expect(cuts(disk)).toEqual(["/b.new=1×1 /b=2×1", "/b=1×1", "/b=2×1"]);
  });

  test("a rename between directories is one change, durable with either of them", async () => {
    for (const synced of ["/from", "/to"]) {
      const disk = createSimulatedDisk();
      await disk.makeDirectory("/from");
      await disk.makeDirectory("/to");
      await disk.syncDirectory("/");
      const file = await disk.create("/from/a");
      await file.write(0, filled(1, 1));
      await file.sync();
      await disk.syncDirectory("/from");
      await disk.rename("/from/a", "/to/a");
      expect(cuts(disk)).toEqual(["/from/ /from/a=1×1 /to/", "/from/ /to/ /to/a=1×1"]);
      await disk.syncDirectory(synced);
      expect(cuts(disk)).toEqual(["/from/ /to/ /to/a=1×1"]);
    }
  });

  test("an older change of a name doesn't undo a durable newer one", async () => {
    const disk = createSimulatedDisk();
    await disk.makeDirectory("/from");
    await disk.makeDirectory("/to");
    await disk.syncDirectory("/");
    for (const [path, value] of [["/from/a", 1], ["/to/a", 2]] as const) {
      const file = await disk.create(path);
      await file.write(0, filled(1, value));
      await file.sync();
    }
    await disk.rename("/from/a", "/to/a");
    await disk.syncDirectory("/from");
    expect(cuts(disk)).toEqual(["/from/ /to/ /to/a=1×1"]);
  });

  test("a file that is renamed and back again, with the way back synced, is under its old name", async () => {
    const disk = createSimulatedDisk();
    await durableFile(disk, "/a", filled(1, 1));
    await disk.rename("/a", "/b");
    disk.plan(() => ({ kind: "error", errno: "EIO" }));
    await expect(disk.syncDirectory("/")).rejects.toMatchObject({ code: "DISK_IO" });
    disk.plan(undefined);
    await disk.rename("/b", "/a");
    await disk.syncDirectory("/");
    expect(cuts(disk)).toEqual(["/a=1×1"]);
  });

  test("names in a directory that is durably gone are no more in question", async () => {
    const disk = createSimulatedDisk();
    await disk.makeDirectory("/d");
    await disk.syncDirectory("/");
    for (let number = 0; number < 12; number++) {
      await (await disk.create(`/d/${number}`)).close();
      await disk.remove(`/d/${number}`);
    }
    await disk.removeDirectory("/d");
    await disk.syncDirectory("/");
    expect(cuts(disk)).toEqual([""]);
  });

  test("the content of a file without any name is in no state", async () => {
    const disk = createSimulatedDisk();
    const file = await disk.create("/a");
    await disk.remove("/a");
    await disk.syncDirectory("/");
    await file.write(0, filled(5000, 1));
    expect(cuts(disk)).toEqual([""]);
  });
});

describe("a selection of power cuts", () => {
  async function busyDisk(): Promise<SimulatedDisk> {
    const disk = createSimulatedDisk();
    await durableFile(disk, "/kept", filled(700, 9));
    const file = await disk.create("/log");
    for (let number = 0; number < 40; number++) await file.write(number * 300, filled(300, number + 1));
    for (let number = 0; number < 6; number++) await (await disk.create(`/new${number}`)).close();
    await disk.rename("/new0", "/renamed");
    return disk;
  }

  test("holds no more than the limit, each content once, and nothing that is durable is missing", async () => {
    const disk = await busyDisk();
    const images = [...disk.powerCuts({ limit: 300 })];
    expect(images.length).toBe(300);
    expect(new Set(images.map(({ hash }) => hash)).size).toBe(300);
    expect(new Set(images.map(shown)).size).toBe(300);
    for (const image of images) expect(image.files.get("/kept")).toEqual(filled(700, 9));
  });

  test("begins with the states in which nothing and everything was saved", async () => {
    const disk = await busyDisk();
    const [none, all] = [...disk.powerCuts({ limit: 2 })];
    expect(none && shown(none)).toBe("/kept=9×700");
    expect(all?.hash).toBe(disk.killed().hash);
  });

  test("is the same for the same calls and seed, and another for another seed", async () => {
    const hashes = async (seed: number): Promise<readonly string[]> =>
      [...(await busyDisk()).powerCuts({ limit: 100, seed })].map(({ hash }) => hash);
    expect(await hashes(5)).toEqual(await hashes(5));
    expect(await hashes(5)).not.toEqual(await hashes(6));
  });

  test("holds each sector alone there, each alone missing, and each write torn at each sector, where the limit allows", async () => {
    const disk = createSimulatedDisk();
    const file = await disk.create("/a");
    await file.write(0, filled(12 * sector, 1));
    await file.sync();
    await disk.syncDirectory("/");
    await file.write(0, filled(12 * sector, 2));
    const changed = [...disk.powerCuts({ limit: 400 })].map((image) => {
      const content = image.files.get("/a") ?? filled(0, 0);
      return Array.from({ length: 12 }, (_, at) => (content[at * sector] === 2 ? "x" : ".")).join("");
    });
    for (let at = 0; at < 12; at++) {
      expect(changed).toContain(`${".".repeat(at)}x${".".repeat(11 - at)}`);
      expect(changed).toContain(`${"x".repeat(at)}.${"x".repeat(11 - at)}`);
      expect(changed).toContain(`${"x".repeat(at)}${".".repeat(12 - at)}`);
    }
  });

  test("is of the moment of the call, however the disk goes on", async () => {
    const disk = createSimulatedDisk();
    const file = await disk.create("/a");
    await file.write(0, filled(10, 1));
    const then = disk.powerCuts();
    const before = [...then].map(shown);
    await file.write(0, filled(2000, 2));
    await file.sync();
    await disk.rename("/a", "/b");
    await disk.syncDirectory("/");
    expect([...then].map(shown)).toEqual(before);
    expect(before.length).toBe(4);
  });

  test("takes no limit below one", () => {
    expect(() => createSimulatedDisk().powerCuts({ limit: 0 })).toThrow(RangeError);
  });
});

describe("the hash of an image", () => {
  test("is equal for equal content, however it came about", async () => {
    const one = createSimulatedDisk();
    await durableFile(one, "/a", filled(1300, 0));
    await durableFile(one, "/b", filled(3, 1));
    const other = createSimulatedDisk();
    await durableFile(other, "/c", filled(3, 1));
    const file = await other.create("/a");
    await file.write(0, filled(600, 5));
    await file.write(1299, filled(1, 0));
    await file.write(0, filled(600, 0));
    await other.rename("/c", "/b");
    expect(other.killed().hash).toBe(one.killed().hash);
  });

  test("of a power cut is that of a disk with the same content", async () => {
    const disk = createSimulatedDisk();
    await disk.makeDirectory("/d");
    const file = await disk.create("/d/a");
    await file.write(0, filled(700, 1));
    await file.sync();
    await file.write(650, filled(100, 2));
    await file.write(1900, filled(100, 3));
    const images = [...disk.powerCuts(), ...disk.powerCuts({ limit: 5 })];
    for (const image of images) {
      const same = createSimulatedDisk();
      for (const path of image.directories) if (path !== "/") await same.makeDirectory(path);
      for (const [path, content] of image.files) {
        const copy = await same.create(path);
        if (content.length > 0) await copy.write(0, content);
      }
      expect(same.killed().hash).toBe(image.hash);
    }
    // No name, the directory alone, then two contents of each of four lengths and four of the longest; and the selection.
    expect(images.length).toBe(1 + 1 + 4 * 2 + 4 + 5);
  });

  test("differs by length, by place, by name and by kind", async () => {
    const hashes = new Set<string>();
    const files = [["/a", [0]], ["/a", [0, 0]], ["/a", [1, 0]], ["/a", [0, 1]], ["/b", [0]], ["/a", []]] as const;
    for (const [path, content] of files) {
      const disk = createSimulatedDisk();
      await durableFile(disk, path, Uint8Array.from(content));
      hashes.add(disk.killed().hash);
    }
    const disk = createSimulatedDisk();
    await disk.makeDirectory("/a");
    hashes.add(disk.killed().hash);
    hashes.add(createSimulatedDisk().killed().hash);
    expect(hashes.size).toBe(8);
  });

  test("differs for every one of a sector's bits", async () => {
    const hashes = new Set<string>();
    for (let bit = 0; bit < 2 * sector * 8; bit++) {
      const content = filled(2 * sector, 0);
      content[bit >> 3] = 1 << (bit & 7);
      const disk = createSimulatedDisk();
      await durableFile(disk, "/a", content);
      hashes.add(disk.killed().hash);
    }
    expect(hashes.size).toBe(2 * sector * 8);
  });
});
