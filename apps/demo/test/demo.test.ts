import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const program = fileURLToPath(new URL("../dist/main.js", import.meta.url));

interface Ended {
  readonly status: number;
  readonly output: string;
}

function demo(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], { env: { ...process.env, ...env }, maxBuffer: 2 ** 24 }, (error, stdout, stderr) => {
      resolve({ status: error ? Number(error.code) : 0, output: stdout + stderr });
    });
  });
}

describe("the demo", { timeout: 60_000 }, () => {
  let parent = "";
  beforeEach(async () => void (parent = await mkdtemp(path.join(os.tmpdir(), "laminar-"))));
  afterEach(() => rm(parent, { recursive: true, force: true }));

  it("counts every flight once through five kills, says what every recovery did, and leaves nothing behind", async () => {
    const directory = path.join(parent, "new");
    const { status, output } = await demo(["--kills", "5", "--seed", "11", "--events", "6000", "--dir", directory]);
    expect(status, output).toBe(0);
    expect(output.match(/^kill \d: SIGKILL after event \d+ was acknowledged$/gm), output).toHaveLength(5);
    const starts = /^start \d: (no checkpoint|checkpoint \d+), \d+ log entries replayed(?: \(\d+ bytes of a torn write left out\))?, \d+ ms; goes on from event \d+$/gm;
    expect(output.match(starts), output).toHaveLength(6);
    expect(output).toContain("6000 of 6000 events counted once, 0 lost, 0 twice");
    expect(output).toContain("byte for byte");
    expect(await readdir(parent)).toEqual([]);
  });

  it("strikes as often as asked for even where the input is over before a kill is due", async () => {
    const { status, output } = await demo(["--kills", "4", "--seed", "5", "--events", "10", "--commit-every", "1"]);
    expect(status, output).toBe(0);
    expect(output.match(/^kill /gm), output).toHaveLength(4);
  });

  it("sees the events that are counted twice when one commit leaves out the place in the input", async () => {
    const args = ["--kills", "2", "--seed", "7", "--events", "3000", "--dir", path.join(parent, "broken")];
    const { status, output } = await demo(args, { LAMINAR_DEMO_FORGET_OFFSET_ONCE: "1" });
    expect(output).toMatch(/^\d+ of 3000 events counted once, 0 lost, [1-9]\d* twice$/m);
    expect(output).toContain("THE STATES DIFFER");
    expect(output).toMatch(/^ {2}- airport\/[A-Z]{3}: \d+ flights/m);
    expect(output).toMatch(/^log and checkpoints are kept in /m);
    expect(status).toBe(1);
  });

  it("keeps the directory when asked to, and doesn't begin in one that holds something", async () => {
    const directory = path.join(parent, "kept");
    const { output } = await demo(["--kills", "0", "--events", "200", "--dir", directory, "--keep"]);
    expect(output).toContain(`log and checkpoints are kept in ${directory}`);
    expect((await readdir(directory)).sort()).toEqual(["checkpoints", "log"]);
    const again = await demo(["--dir", directory]);
    expect(again.status).toBe(2);
    expect(again.output).toContain("is not empty");
  });

  it("takes nothing away from a directory that was there but its own", async () => {
    const directory = path.join(parent, "empty");
    await mkdir(directory);
    await demo(["--kills", "0", "--events", "200", "--dir", directory]);
    expect(await readdir(directory)).toEqual([]);
    await writeFile(path.join(directory, "mine"), "");
    expect((await demo(["--dir", directory])).status).toBe(2);
    expect(await readdir(directory)).toEqual(["mine"]);
  });

  it("takes away what a killed process left in it as well, when it is interrupted", async () => {
    const directory = path.join(parent, "empty");
    await mkdir(directory);
    const running = spawn(process.execPath, [program, "--kills", "0", "--events", "500000", "--dir", directory], { stdio: ["ignore", "pipe", "inherit"] });
    await once(running.stdout, "data");
    while (!(await readdir(directory)).includes("LOCK")) await once(running.stdout, "data");
    running.kill("SIGINT");
    expect(await once(running, "close")).toEqual([130, null]);
    expect(await readdir(directory)).toEqual([]);
  });

  it("cleans up without a complaint when nobody reads what it says any more", async () => {
    const directory = path.join(parent, "unread");
    const running = spawn(process.execPath, [program, "--kills", "0", "--events", "500000", "--dir", directory], { stdio: ["ignore", "pipe", "pipe"] });
    let complaints = "";
    running.stderr.setEncoding("utf8").on("data", (chunk: string) => (complaints += chunk));
    await once(running.stdout, "data");
    running.stdout.destroy();
    expect([await once(running, "close"), complaints]).toEqual([[130, null], ""]);
    expect(await readdir(parent)).toEqual([]);
  });

  it("ends with status 2 and a sentence for options that make no sense", async () => {
    expect(await demo(["--kills", "many"])).toEqual({
      status: 2,
      output: '--kills takes a whole number from 0 to 1000, not "many"\nTry --help.\n',
    });
  });
});
