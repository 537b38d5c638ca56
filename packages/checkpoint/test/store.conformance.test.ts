import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSimulatedDisk } from "@laminar/disk/testing";
import { afterAll, describe, it } from "vitest";
import { fileCheckpointStore, memoryCheckpointStore } from "../src/index.ts";
import { checkpointStoreConformance } from "../src/testing/index.ts";

const made: string[] = [];
afterAll(async () => {
  for (const directory of made) await rm(directory, { recursive: true, force: true });
});

describe("the store in a directory", () => {
  checkpointStoreConformance({
    test: it,
    async create() {
      const directory = await mkdtemp(join(tmpdir(), "laminar-checkpoint-"));
      made.push(directory);
      return fileCheckpointStore(join(directory, "checkpoints"));
    },
    reopen: async ({ location }) => fileCheckpointStore(location),
  });
});

describe("the store on the simulated disk", () => {
  let disk = createSimulatedDisk();
  checkpointStoreConformance({
    test: it,
    async create() {
      disk = createSimulatedDisk();
      return fileCheckpointStore("/data/checkpoints", { disk });
    },
    reopen: async ({ location }) => fileCheckpointStore(location, { disk: disk.anotherProcess() }),
  });
});

describe("the store in memory", () => {
  checkpointStoreConformance({ test: it, create: async () => memoryCheckpointStore() });
});
