import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { expect, it } from "vitest";

const program = fileURLToPath(new URL("../dist/main.js", import.meta.url));

function demo(...args: string[]): Promise<{ readonly status: number; readonly output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], { maxBuffer: 2 ** 24 }, (error, stdout, stderr) => {
      resolve({ status: typeof error?.code === "number" ? error.code : 0, output: stdout + stderr });
    });
  });
}

it("counts every flight once through at least five kills, and says so", async () => {
  const { status, output } = await demo("--seed", "11", "--kills", "5", "--events", "6000");
  expect(status, output).toBe(0);
  expect(output).toContain("6000 of 6000 events counted once, 0 lost, 0 twice");
  expect(output.match(/^kill \d/gm)).toHaveLength(5);
  expect(output.match(/^start \d+: .* replayed, \d+ discarded, \d+ ms; goes on from event \d+$/gm)).toHaveLength(6);
}, 60_000);

it("sees the events that a careless recovery counts twice, and ends with status 1", async () => {
  const { status, output } = await demo("--seed", "7", "--kills", "2", "--events", "3000", "--adopt-uncommitted-once");
  expect(output).toMatch(/^\d+ of 3000 events counted once, 0 lost, [1-9]\d* twice$/m);
  expect(output).toMatch(/^differs: airport\/[A-Z]{3}: /m);
  expect(status).toBe(1);
}, 60_000);

it("doesn't begin in a directory that holds something", async () => {
  const directory = await mkdtemp(join(tmpdir(), "laminar-demo-test-"));
  try {
    expect((await demo("--events", "100", "--kills", "0", "--dir", join(directory, "new"), "--keep")).status).toBe(0);
    const again = await demo("--dir", join(directory, "new"));
    expect(again.status).toBe(1);
    expect(again.output).toContain("is not empty");
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}, 60_000);
