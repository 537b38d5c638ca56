import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { openWal, openWalReader } from "../src/index.ts";
import { freshDirectory, readAll, seeded } from "./logs.ts";

const program = fileURLToPath(new URL("programs/append-until-killed.mjs", import.meta.url));
const KILLS = 20;

/** Runs the program until it has acknowledged `acknowledgements` groups, then kills it. Resolves to the last record it acknowledged. */
function runAndKill(directory: string, seed: number, acknowledgements: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, directory, String(seed)], { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (text.split("\n").length > acknowledgements) child.kill("SIGKILL");
    });
    child.on("error", reject);
    child.on("close", (code, signal) => {
      const last = text.split("\n").slice(0, -1).at(-1);
      if (signal === "SIGKILL") resolve(Number(last ?? 0));
      else reject(new Error(`the program ended by itself (${code})`));
    });
  });
}

it(`keeps everything acknowledged, in order and without holes, over ${KILLS} kills of a real process`, async () => {
  const seed = 4711;
  const random = seeded(seed);
  const directory = await freshDirectory();
  let acknowledged = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    acknowledged = Math.max(acknowledged, await runAndKill(directory, Math.floor(random() * 2 ** 31), 1 + Math.floor(random() * 25)));
    const found = await readAll(await openWalReader(directory), { unproven: true });
    expect(found.length, `seed ${seed}, kill ${kill}`).toBeGreaterThanOrEqual(acknowledged);
    found.forEach(({ lsn, entry }, i) => {
      expect([lsn, entry.type === "put" && Number(new TextDecoder().decode(entry.key))]).toEqual([i + 1, i + 1]);
    });
  }
  const log = await openWal(directory);
  expect(log.lastLsn).toBeGreaterThanOrEqual(acknowledged);
  await log.close();
  console.log(`${KILLS} kills, ${acknowledged} records acknowledged, 0 lost`);
}, 600_000);
