import { createSimulatedDisk, type DiskImage } from "@laminar/disk/testing";
import { describe, expect, it } from "vitest";
import { openWal } from "../src/index.ts";
import { readLogImage } from "../src/testing/index.ts";
import { Oracle } from "./crash-oracle.ts";
import { seeded } from "./logs.ts";
import { knownOf } from "./model/crash-lives.ts";

const DIRECTORY = "/log";
const SEEDS = 6;
/** After so many syncs that took no time they are made at once; the simulated disk's take none. */
const BEFORE_QUICK = 8;

describe("flushes where syncs are quick", () => {
  it("lose nothing that was acknowledged, wherever the power fails", async () => {
    const counts = { images: 0, "with an unfinished batch": 0, flushes: 0 };
    for (let seed = 1; seed <= SEEDS; seed++) {
      const random = seeded(seed);
      const disk = createSimulatedDisk();
      const log = await openWal(DIRECTORY, { disk, segmentSize: 4096, maxBatchSize: 300, syncInterval: Number.POSITIVE_INFINITY });
      const oracle = new Oracle();
      const commit = async (id: number, bytes: number): Promise<void> => {
        const key = new Uint8Array(4);
        new DataView(key.buffer).setUint32(0, id);
        oracle.submit({ lsn: log.append({ type: "put", key, value: new Uint8Array(bytes).fill(id % 7) }), id });
        oracle.acknowledge(await log.sync());
      };
      let nextId = 1;
      for (let i = 0; i < BEFORE_QUICK; i++) await commit(nextId++, 10);
      disk.beforeEach(({ index, kind }) => {
        oracle.acknowledge(log.durableLsn);
        if (kind === "sync") counts.flushes++;
        for (const image of [disk.killed(), ...disk.powerCuts({ limit: 24, seed: index })]) judge(image, oracle, `seed ${seed}, before operation ${index}, ${kind}`);
      });
      // A lone caller, whose flushes share turns, then several at a time.
      for (let i = 0; i < 40; i++) await commit(nextId++, Math.floor(random() ** 3 * 600));
      for (let round = 0; round < 5; round++) await Promise.all(Array.from({ length: 8 }, () => commit(nextId++, Math.floor(random() ** 3 * 600))));
      await log.close();
    }

    function judge(image: DiskImage, oracle: Oracle, what: string): void {
      const { batches, tail } = readLogImage({ directory: DIRECTORY, files: image.files });
      expect(oracle.judge(knownOf(batches)), what).toBeUndefined();
      counts.images++;
      if (tail?.end.kind === "torn") counts["with an unfinished batch"]++;
    }

    console.log(`${SEEDS} seeds: ${Object.entries(counts).map(([what, count]) => `${what} ${count}`).join(", ")}`);
    expect(counts["with an unfinished batch"]).toBeGreaterThan(50);
    expect(counts.flushes).toBeGreaterThan(SEEDS * 40);
  }, 600_000);
});
