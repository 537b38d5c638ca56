import { expect, it } from "vitest";
import { freshDirectory, run, start } from "./program.ts";

const lastDurable = (lines: readonly string[]): number => Number(/^durable: (\d+)$/.exec(lines.at(-1) ?? "")?.[1]);

it("gives back values of its own type, and numbers what it appends later from there on", async () => {
  const directory = await freshDirectory();
  expect(await run("only-the-log", "write", directory, "2")).toMatchObject({ status: 0, lines: ["durable: 3", "durable: 6"], complaints: "" });
  expect(await run("only-the-log", "write", directory, "1")).toMatchObject({ status: 0, lines: ["durable: 9"] });
  const { status, lines } = await run("only-the-log", "read", directory);
  expect(status).toBe(0);
  expect(lines).toEqual([
    "9 readings",
    "attic: at most 33 °C, at 2026-01-01T00:03:00.000Z",
    "cellar: at most 23 °C, at 2026-01-01T00:03:00.000Z",
    "kitchen: at most 13 °C, at 2026-01-01T00:03:00.000Z",
  ]);
});

it("has what it called durable after SIGKILL, in whole rounds, and goes on with the next number", async () => {
  const directory = await freshDirectory();
  for (const rounds of [5, 1, 20]) {
    const writer = start("only-the-log", "write", directory, "1000000");
    await writer.says(/^durable: /, rounds);
    const killed = await writer.end("SIGKILL");
    expect(killed.signal).toBe("SIGKILL");
    const { lines } = await run("only-the-log", "read", directory);
    const readings = Number(lines[0]?.split(" ")[0]);
    expect(readings).toBeGreaterThanOrEqual(lastDurable(killed.lines));
    expect(readings % 3).toBe(0);
    expect((await run("only-the-log", "write", directory, "1")).lines).toEqual([`durable: ${readings + 3}`]);
  }
});

it("shows every reading once and in order to whoever follows, through the deaths of the writer, until Ctrl+C", async () => {
  const directory = await freshDirectory();
  await run("only-the-log", "write", directory, "1");
  const follower = start("only-the-log", "follow", directory);
  for (let life = 0; life < 2; life++) {
    const writer = start("only-the-log", "write", directory, "1000000");
    await writer.says(/^durable: /, 10);
    await writer.end("SIGKILL");
  }
  const last = lastDurable((await run("only-the-log", "write", directory, "1")).lines);
  await follower.says(new RegExp(`^${last} kitchen `));
  const { status, lines } = await follower.end("SIGINT");
  expect(status).toBe(0);
  expect(lines.map((line) => Number(line.split(" ")[0]))).toEqual(Array.from({ length: last }, (_, i) => i + 1));
});

it("says how it is used", async () => {
  expect(await run("only-the-log")).toMatchObject({ status: 2, lines: [], complaints: expect.stringContaining("write DIRECTORY") as string });
});
