import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSimulatedDisk } from "@laminar/disk/testing";
import { describe, it } from "vitest";
import { fileCheckpointStore, openCheckpointReader } from "../src/index.ts";
import { checkpointReaderConformance } from "../src/testing/index.ts";
import { memoryReader, published } from "./readable-stores.ts";

describe("the reader of a directory", () => {
  checkpointReaderConformance({
    test: it,
    async create(content) {
      const directory = await mkdtemp(join(tmpdir(), "laminar-checkpoint-"));
      const store = await published(fileCheckpointStore(directory), content);
      return {
        reader: openCheckpointReader(directory),
        async damage(id, part, change) {
          const file = store.locate(id, part);
          await writeFile(file, change(await readFile(file)));
        },
        remove: (id) => store.withdraw([id]),
        dispose: () => rm(directory, { recursive: true }),
      };
    },
    createAbsent: async () => openCheckpointReader(join(tmpdir(), "laminar-checkpoint-that-is-not-there")),
  });
});

describe("the reader of a directory on the simulated disk", () => {
  checkpointReaderConformance({
    test: it,
    lacks: ["damage"],
    async create(content) {
      const disk = createSimulatedDisk();
      const store = await published(fileCheckpointStore("/data/checkpoints", { disk }), content);
      return { reader: openCheckpointReader("/data/checkpoints", { disk: disk.anotherProcess() }), remove: (id) => store.withdraw([id]) };
    },
    createAbsent: async () => openCheckpointReader("/data/checkpoints", { disk: createSimulatedDisk() }),
  });
});

describe("the reader of a store in memory", () => {
  checkpointReaderConformance({ test: it, create: memoryReader });
});
