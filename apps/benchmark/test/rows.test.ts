import { mkdir, mkdtemp, readdir, rm, stat, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findPeers } from "../src/peers/peers.ts";
import type { Contestant } from "../src/row.ts";
import { append } from "../src/rows/append.ts";
import { rows } from "../src/rows/rows.ts";
import { Work } from "../src/work.ts";

const { peers, missing } = await findPeers({ entries: 2000, keyBytes: 16, valueBytes: 100, commitMs: 10 });
if (missing.length > 0) console.log(missing.join("\n"));

let parent: string;
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), "laminar-bench-test-"));
});
afterAll(() => rm(parent, { recursive: true }));

async function run({ prepare, run: measure }: Contestant, work: Work): Promise<{ directory: string; value: number; verify(): void | Promise<void> }> {
  const directory = await mkdtemp(join(parent, "run-"));
  await prepare?.(directory, work);
  const { sample, verify } = await measure(directory, work);
  return { directory, value: sample.value, verify };
}

describe.each(rows)("$name", (row) => {
  it.each(row.contestants(peers))("$name does its work", async (contestant) => {
    const { value, verify } = await run(contestant, new Work({ entries: 2000, keyBytes: 16, valueBytes: 100, commitMs: 10 }));
    expect(value).toBeGreaterThan(0);
    await verify();
  });
});

describe("work of other sizes", () => {
  const measured = rows.filter(({ name }) => ["append", "commit-64", "recover", "reference-workload", "delta"].includes(name));
  it.each([
    { entries: 300, keyBytes: 6, valueBytes: 1 },
    { entries: 100, keyBytes: 511, valueBytes: 200_000 },
  ])("$keyBytes and $valueBytes bytes", async (sizes) => {
    for (const contestant of measured.flatMap((row) => row.contestants(peers))) {
      const { verify } = await run(contestant, new Work({ ...sizes, commitMs: 5 }));
      await verify();
    }
  });

  it("has no key twice", () => {
    const work = new Work({ entries: 200_000, keyBytes: 6, valueBytes: 1, commitMs: 1 });
    expect(new Set(work.texts()).size).toBe(200_000);
    expect(work.keys().every((key, i) => Buffer.from(key).toString("latin1") === work.text(i))).toBe(true);
  });
});

describe("a contestant that has not done the work", () => {
  it.each(append.contestants(peers).filter(({ role }) => role !== "floor"))("is found out: $name", async (contestant) => {
    const { directory, verify } = await run(contestant, new Work({ entries: 2000, keyBytes: 16, valueBytes: 100, commitMs: 1 }));
    await halve(directory);
    await expect(async () => verify()).rejects.toThrow();
  });
});

/** Cuts every file that holds data in half. */
async function halve(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile() && (await stat(file)).size > 4096) await truncate(file, Math.floor((await stat(file)).size / 2));
  }
  await mkdir(join(directory, "halved"));
}
