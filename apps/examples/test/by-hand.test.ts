import { readdir } from "node:fs/promises";
import { expect, it } from "vitest";
import { freshDirectory, run, start } from "./program.ts";
import { seededRandom } from "./seeded-random.ts";

const orders = 2000;

/** As one would count them by hand. */
function shopLines(): string[] {
  const counts = new Map<string, number>();
  for (let order = 0; order < orders; order++) {
    const shop = ["east", "north", "south", "west"][(order % 7) % 4] ?? "";
    counts.set(shop, (counts.get(shop) ?? 0) + 1);
  }
  return [...counts].map(([shop, count]) => `${shop} ${count}`).sort();
}

const countsIn = (lines: readonly string[]): readonly string[] => lines.filter((line) => /^(east|north|south|west) /.test(line));

it("counts every order once when it dies with changes on disk that were never committed, and says how many it discarded", async () => {
  const directory = await freshDirectory();
  // Each life finds what all earlier ones left without a commit: 8 orders from 130 on, and another 9 of the second life.
  for (const [at, found] of [[137, "neither a checkpoint nor a log"], [138, " 8 discarded"], [450, " 17 discarded"]] as const) {
    const killed = await run("by-hand", directory, `${orders}`, "--die-at", `${at}`);
    expect(killed.signal).toBe("SIGKILL");
    expect(killed.lines.at(-1)).toMatch(/^(committed|checkpoint|goes on)/);
    expect(killed.lines[0]).toContain(found);
  }
  const { status, lines } = await run("by-hand", directory, `${orders}`);
  expect(status).toBe(0);
  expect(lines).toContain("goes on from order 450");
  expect(countsIn(lines)).toEqual(shopLines());
  expect(lines.at(-1)).toBe(`${orders} orders, ${orders} counted`);
  expect((await readdir(directory)).sort()).toEqual(["checkpoints", "log"]);
});

it("counts orders twice when a recovery replays what was never committed", async () => {
  const directory = await freshDirectory();
  await run("by-hand", directory, `${orders}`, "--die-at", "137");
  const { status, lines } = await run("by-hand", directory, `${orders}`, "--replay", "all");
  expect(status).toBe(0);
  expect(lines).toContain("goes on from order 130");
  // Orders 130 to 137 were on disk without a commit.
  expect(lines.at(-1)).toBe(`${orders} orders, ${orders + 8} counted`);
  expect(countsIn(lines)).not.toEqual(shopLines());
});

it("counts every order once through kills at random moments, and never goes back behind what it called committed", async () => {
  const directory = await freshDirectory();
  const seed = Math.floor(Math.random() * 2 ** 32);
  const random = seededRandom(seed);
  console.log(`seed ${seed}`);
  let acknowledged = 0;
  for (let kill = 0; kill < 5; kill++) {
    const program = start("by-hand", directory, `${orders}`);
    await program.says(/^(committed|checkpoint) /, 1 + Math.floor(random() * 30));
    const { lines } = await program.end("SIGKILL");
    expect(Number(/goes on from order (\d+)/.exec(lines.join("\n"))?.[1]), `seed ${seed}`).toBeGreaterThanOrEqual(acknowledged);
    acknowledged = Number(lines.filter((line) => line.startsWith("committed")).at(-1)?.split(" ")[1]);
  }
  const { lines } = await run("by-hand", directory, `${orders}`);
  expect(countsIn(lines), `seed ${seed}`).toEqual(shopLines());
});

it("says how it is used", async () => {
  expect(await run("by-hand", "directory", "10", "--replay", "some")).toMatchObject({ status: 2, complaints: expect.stringContaining("by-hand DIRECTORY ORDERS") as string });
});
