import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openWal } from "@laminar/wal";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { appendByHand } from "../src/by-hand/append.ts";
import { recoverByHand } from "../src/by-hand/recover.ts";
import { appendStandard, requireLog } from "../src/laminar/logs.ts";
import { findPeers } from "../src/peers/peers.ts";
import type { Contestant } from "../src/row.ts";
import { rows } from "../src/rows/rows.ts";
import { requireMap, requireStore } from "../src/verify.ts";
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
  it.each([...row.contestants(peers)])("$name does its work", async (contestant) => {
    const { value, verify } = await run(contestant, new Work({ entries: 2000, keyBytes: 16, valueBytes: 100, commitMs: 10 }));
    expect(value).toBeGreaterThan(0);
    await verify();
  });
});

describe("work of other sizes", () => {
  const measured = rows.filter(({ name }) => ["append", "commit-64", "recover", "delta"].includes(name));
  it.each([
    { entries: 300, keyBytes: 6, valueBytes: 1 },
    { entries: 20, keyBytes: 511, valueBytes: 200_000 },
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

describe("a contestant that has not done all of the work", () => {
  const half = new Work({ entries: 1000, keyBytes: 16, valueBytes: 100, commitMs: 1 });
  const whole = new Work({ entries: 2000, keyBytes: 16, valueBytes: 100, commitMs: 1 });
  const otherValues = new Work({ entries: 1000, keyBytes: 16, valueBytes: 99, commitMs: 1 });

  it.each(peers)("is found out: $name", async (peer) => {
    const store = await peer.open(parent);
    await store.append(half.texts(), half);
    await store.close();
    await requireStore(peer, parent, half, 1000);
    await expect(requireStore(peer, parent, whole, 2000)).rejects.toThrow("1000 entries are there instead of 2000");
    await expect(requireStore(peer, parent, otherValues, 1000)).rejects.toThrow("entry 0 is not what was written");
  });

  it("is found out: by hand, and a log", async () => {
    const file = join(parent, "by-hand");
    appendByHand(file, half.keys(), half);
    requireMap(file, half, 1000, recoverByHand(file));
    expect(() => requireMap(file, whole, 2000, recoverByHand(file))).toThrow("1000 entries are there instead of 2000");
    const directory = join(parent, "log");
    const log = await openWal(directory);
    await appendStandard(log, half.keys(), half);
    await log.close();
    requireLog(directory, half, 1000);
    expect(() => requireLog(directory, whole, 2000)).toThrow("1000 entries are there instead of 2000");
    expect(() => requireLog(directory, otherValues, 1000)).toThrow("entry 0 is not what was appended");
  });
});
