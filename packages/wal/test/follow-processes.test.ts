import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { openWal, openWalReader, type WalEntry } from "../src/index.ts";
import { freshDirectory, put } from "./logs.ts";

function run(program: string, directory: string): ChildProcess {
  const child = spawn(process.execPath, [fileURLToPath(new URL(`programs/${program}`, import.meta.url)), directory], { stdio: ["pipe", "pipe", "inherit"] });
  // What is told to one that was just killed reaches nobody.
  child.stdin?.on("error", () => undefined);
  return child;
}

const keyOf = (entry: WalEntry): string => (entry.type === "put" ? new TextDecoder().decode(entry.key) : entry.type);

it("follows in another process what this one writes, rotates and drops, and doesn't end while it waits", async () => {
  const directory = await freshDirectory();
  const log = await openWal(directory, { segmentSize: 4096 });
  const child = run("follow.mjs", directory);
  const lines: string[] = [];
  let rest = "";
  let heard = (): void => undefined;
  child.stdout?.on("data", (chunk: Buffer) => {
    const parts = (rest + chunk.toString("latin1")).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
    heard();
  });
  const untilHeard = (count: number): Promise<void> =>
    new Promise((resolve, reject) => {
      child.once("exit", (code, signal) => reject(new Error(`the follower ended: ${code ?? signal}`)));
      heard = () => void (lines.length >= count && resolve());
      heard();
    });
  let freed = 0;
  for (let round = 1; round <= 60; round++) {
    for (let i = 0; i < 10; i++) {
      log.append(put(`${log.lastLsn + 1}`, "x".repeat((round * 37) % 300)));
      await log.sync();
    }
    // The last batch isn't proven yet. What the follower has may go.
    if (round % 10 !== 0) continue;
    await untilHeard(round * 10 - 1);
    freed += await log.truncateBefore(round * 10 - 20);
  }
  // With the closing marker everything is proven; then nothing happens any more.
  await log.close();
  await untilHeard(600);
  expect(lines).toEqual(Array.from({ length: 600 }, (_, i) => `${i + 1} ${i + 1}`));
  expect([child.exitCode, child.signalCode]).toEqual([null, null]);
  expect(freed).toBeGreaterThan(0);
  child.removeAllListeners("exit");
  child.kill("SIGKILL");
  await once(child, "exit");
  console.log(`600 records followed by another process while ${freed} bytes were dropped`);
}, 120_000);

it("follows here what other processes write, one after the other, each killed in the middle of its work", async () => {
  const directory = await freshDirectory();
  await (await openWal(directory)).close();
  const reader = await openWalReader(directory);
  const KILLS = 6;
  let writer = run("write-and-drop.mjs", directory);
  let last = 0;
  let kills = 0;
  for await (const { lsn, entry } of reader.entries({ follow: true })) {
    expect([lsn, keyOf(entry)]).toEqual([last + 1, `${lsn}`]);
    last = lsn;
    if (lsn % 100 === 0) writer.stdin?.write(`${lsn}\n`);
    if (lsn % 700 !== 0) continue;
    writer.kill("SIGKILL");
    await once(writer, "exit");
    if (++kills === KILLS) break;
    writer = run("write-and-drop.mjs", directory);
  }
  expect(reader.startsAfter).toBeGreaterThan(0);
  console.log(`${last} records of ${KILLS} writers that were killed, each given once and in order, ${reader.startsAfter} dropped meanwhile`);
  expect(last).toBe(700 * KILLS);
}, 120_000);
