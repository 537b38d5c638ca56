import { checkpointReaderConformance } from "@laminar/checkpoint/testing";
import { memoryWal, type WalBatch, type WalEntry } from "@laminar/wal";
import { logReaderConformance, writeContent } from "@laminar/wal/testing";
import { describe, it } from "vitest";
import { type MemoryCheckpoint, memoryCheckpointReader, memoryLogReader } from "../src/testing/index.ts";

describe("checkpoints that are an array", () => {
  checkpointReaderConformance({
    test: it,
    async create(content) {
      const checkpoints: MemoryCheckpoint[] = content.map(({ metadata, state }) => ({ ...metadata, base: metadata.chain.at(-2)?.id, state }));
      const mark = async (id: number, damage: MemoryCheckpoint["damage"]): Promise<void> => {
        for (const checkpoint of checkpoints) if (checkpoint.id === id) Object.assign(checkpoint, { damage });
      };
      return { reader: memoryCheckpointReader(checkpoints), damage: mark, remove: (id) => mark(id, "gone") };
    },
  });
});

describe("a log that is an array", () => {
  logReaderConformance({
    test: it,
    lacks: ["fences", "follow", "visit"],
    async create(content) {
      const log = memoryWal();
      await writeContent(log, content);
      const batches: WalBatch<WalEntry>[] = [];
      for await (const batch of log.read()) batches.push(batch);
      return { reader: memoryLogReader(batches, { logId: log.logId, startsAfter: log.startsAfter }) };
    },
  });
});
