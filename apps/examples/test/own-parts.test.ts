import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createSimulatedDisk } from "@laminar/disk/testing";
import { checkpointStoreConformance } from "@laminar/checkpoint/testing";
import { describe, expect, it } from "vitest";
import { oneFileStore } from "../src/one-file-store.ts";
import { freshDirectory, run, start } from "./program.ts";
import { seededRandom } from "./seeded-random.ts";

const requests = 3000;

/** As one would count them by hand. */
function countedOnce(): string[] {
  const counts = new Map<string, number>();
  for (let n = 0; n < requests; n++) {
    const page = `/${(n * n) % 11 < 4 ? n % 3 : n % 97}`;
    counts.set(page, (counts.get(page) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([page, count]) => `${page} ${count}`);
}

const countsIn = (lines: readonly string[]): readonly string[] => lines.filter((line) => line.startsWith("/"));

describe("a checkpoint store with a file for each checkpoint", () => {
  checkpointStoreConformance({
    test: it,
    create: async () => oneFileStore(join(await freshDirectory(), "checkpoints")),
    reopen: async ({ location }) => oneFileStore(location),
  });
});

it("frees the bytes of the newest checkpoint when it goes, and keeps its number", async () => {
  const directory = await freshDirectory();
  const store = oneFileStore(directory);
  const lock = await store.lock();
  await store.publish(7, [Buffer.alloc(5000)], () => Buffer.from("metadata"));
  await store.withdraw([7]);
  expect((await stat(join(directory, "7.gone"))).size).toBeGreaterThan(5000);
  await store.sweep();
  await lock.release();
  expect(await readdir(directory)).toEqual(["7.gone"]);
  expect((await stat(join(directory, "7.gone"))).size).toBe(0);
});

describe("the same store on the simulated disk", () => {
  let disk = createSimulatedDisk();
  checkpointStoreConformance({
    test: it,
    async create() {
      disk = createSimulatedDisk();
      return oneFileStore("/data/checkpoints", disk);
    },
    reopen: async ({ location }) => oneFileStore(location, disk.anotherProcess()),
  });
});

describe("a recovery with a checkpoint store and a state of its own", () => {
  it("counts every request once, through kills at random moments", async () => {
    const directory = await freshDirectory();
    const seed = Math.floor(Math.random() * 2 ** 32);
    const random = seededRandom(seed);
    console.log(`seed ${seed}`);
    let acknowledged = 0;
    for (let kill = 0; kill < 6; kill++) {
      const program = start("own-parts", directory, String(requests));
      await program.says(/^(committed|checkpoint) /, 1 + Math.floor(random() * 40));
      const { lines } = await program.end("SIGKILL");
      const next = Number(/\d+$/.exec(lines.find((line) => line.startsWith("goes on from")) ?? "")?.[0]);
      expect(next, `seed ${seed}`).toBeGreaterThanOrEqual(acknowledged);
      acknowledged = Number(lines.filter((line) => line.startsWith("committed")).at(-1)?.split(" ")[1]);
    }
    const { status, lines, complaints } = await run("own-parts", directory, String(requests));
    expect([status, complaints]).toEqual([0, ""]);
    expect(countsIn(lines), `seed ${seed}`).toEqual(countedOnce());
    expect((await readdir(join(directory, "checkpoints"))).filter((name) => !/^\d+\.checkpoint$/.test(name))).toEqual([]);
  });

  it("makes deltas on a full checkpoint, and builds the state from both", async () => {
    const directory = await freshDirectory();
    const first = await run("own-parts", directory, "200");
    expect(first.lines.filter((line) => line.startsWith("checkpoint"))).toEqual(["checkpoint 1 (full)", "checkpoint 2 (delta)", "checkpoint 3 (full)", "checkpoint 4 (delta)"]);
    const second = await run("own-parts", directory, "200");
    expect(second.lines[0]).toMatch(/^Checkpoint 4 at record 220 .* 0 entries read/);
    expect(countsIn(second.lines)).toEqual(countsIn(first.lines));
  });

  it("passes a damaged checkpoint over, and comes to the same state by the one before and more of the log", async () => {
    const directory = await freshDirectory();
    await run("own-parts", directory, String(requests));
    const checkpoints = join(directory, "checkpoints");
    const newest = (await readdir(checkpoints)).sort((a, b) => Number.parseInt(b, 10) - Number.parseInt(a, 10))[0] ?? "";
    const bytes = await readFile(join(checkpoints, newest));
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    await writeFile(join(checkpoints, newest), bytes);
    const { status, lines } = await run("own-parts", directory, String(requests));
    expect(status).toBe(0);
    expect(lines[0]).toContain("was skipped, damaged");
    expect(lines[1]).toBe(`goes on from request ${requests}`);
    expect(countsIn(lines)).toEqual(countedOnce());
  });
});
