import { spawn, type ChildProcess } from "node:child_process";
import * as fs from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { lockDirectory, nodeDisk } from "../src/index.ts";
import { scratch } from "./scratch.ts";

const racer = fileURLToPath(new URL("lock-racer.mjs", import.meta.url));
const processes = 3;
const threads = 3;
/** So many of the processes are killed from outside, each after the lock was taken so often. */
const kills = 12;
const turnsBetween = 15;

const meaning = new Map([
  ["A", "acquired"],
  ["R", "refused"],
  ["K", "killed themselves"],
  ["T", "threads ended"],
]);

interface Racers {
  readonly counts: Map<string, number>;
  readonly bad: string[];
  /** Waits until the lock was taken so often again. */
  turns(count: number): Promise<void>;
  kill(): void;
  stop(): Promise<void>;
}

/** Starts a racer again whenever it dies, until told to stop; counts what all of them say. */
function startRacers(root: string): Racers {
  const counts = new Map<string, number>();
  const bad: string[] = [];
  const running = new Set<ChildProcess>();
  const ends: Promise<unknown>[] = [];
  let stopped = false;
  const waiting: { readonly until: number; readonly resolve: () => void }[] = [];
  const taken = (): number => counts.get("acquired") ?? 0;
  const count = (what: string): void => {
    counts.set(what, (counts.get(what) ?? 0) + 1);
    while ((waiting[0]?.until ?? Infinity) <= taken()) waiting.shift()?.resolve();
  };
  const start = (): void => {
    const child = spawn(process.execPath, [racer, root, String(threads)], { stdio: ["ignore", "pipe", "inherit"] });
    running.add(child);
    createInterface(child.stdout).on("line", (line) => {
      const event = meaning.get(line);
      if (event === undefined) bad.push(line);
      else count(event);
    });
    const end = new Promise<void>((resolve) => child.once("close", () => resolve()));
    ends.push(end.then(() => {
      running.delete(child);
      if (!stopped) start();
    }));
  };
  for (let index = 0; index < processes; index += 1) start();
  return {
    counts,
    bad,
    turns: (more) => new Promise((resolve) => void waiting.push({ until: taken() + more, resolve })),
    kill() {
      const victims = [...running];
      victims[Math.floor(Math.random() * victims.length)]?.kill("SIGKILL");
      count("killed by the test");
    },
    async stop() {
      stopped = true;
      for (const child of running) child.kill("SIGKILL");
      await Promise.all(ends);
    },
  };
}

const name = "never lets two owners in while processes and threads race and are killed";

it.skipIf(process.platform !== "linux")(name, { timeout: 300_000 }, async () => {
  const root = await scratch();
  const locked = join(root, "locked");
  await fs.mkdir(locked);
  await fs.writeFile(join(root, "who"), "");
  await fs.writeFile(join(root, "log"), "");

  const racers = startRacers(root);
  for (let kill = 0; kill < kills; kill++) {
    await racers.turns(turnsBetween);
    racers.kill();
  }
  await racers.stop();

  const line = [...racers.counts].map(([what, times]) => `${what} ${times}`).join(", ");
  console.log(`lock torture, ${processes} processes of ${threads} threads: ${line}, two owners or errors ${racers.bad.length}`);
  expect(racers.bad).toEqual([]);
  expect(racers.counts.get("refused") ?? 0).toBeGreaterThan(0);

  await (await lockDirectory(nodeDisk, locked)).release();
  expect(await fs.readdir(locked)).toEqual([]);
});
