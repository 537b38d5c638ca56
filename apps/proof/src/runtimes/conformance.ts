import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { fileCheckpointStore, memoryCheckpointStore } from "@laminar/checkpoint";
import { checkpointReaderConformance, checkpointStoreConformance } from "@laminar/checkpoint/testing";
import { nodeDisk } from "@laminar/disk";
import { createSimulatedDisk, diskConformance } from "@laminar/disk/testing";
import { type MemoryCheckpoint, memoryCheckpointReader, memoryLogReader } from "@laminar/recovery/testing";
import { createStateStore } from "@laminar/state-snapshot";
import { stateStoreConformance } from "@laminar/state-snapshot/testing";
import { memoryWal, openWal, openWalReader, type WalBatch, type WalEntry, type WalOptions } from "@laminar/wal";
import { logConformance, logReaderConformance, type StandardLog, writeContent } from "@laminar/wal/testing";
import type { CollectedTests } from "./collected-tests.ts";

/** As the suite of logs asks for: nothing becomes durable by itself, and a segment is a few kilobytes. */
const logOptions: WalOptions = { syncInterval: Number.POSITIVE_INFINITY, segmentSize: 1024 };

/** Declares every suite that the packages export, on the real disk and on the simulated one. */
export function declareConformance(tests: CollectedTests, scratch: string): void {
  const fresh = (): Promise<string> => mkdtemp(join(scratch, "conformance-"));
  declareDisks(tests, fresh);
  declareLogs(tests, fresh);
  declareCheckpoints(tests, fresh);
  declareReaders(tests);
  stateStoreConformance({ test: tests.in("a state store"), create: createStateStore });
}

type Fresh = () => Promise<string>;

function declareDisks(tests: CollectedTests, fresh: Fresh): void {
  const dispose = async (): Promise<void> => undefined;
  diskConformance({
    test: tests.in("the disk of Node.js"),
    replacesDirectories: process.platform !== "win32",
    create: async () => ({ disk: nodeDisk, directory: await fresh(), dispose }),
  });
  diskConformance({
    test: tests.in("the simulated disk"),
    async create() {
      const disk = createSimulatedDisk();
      await disk.makeDirectory("/work");
      return { disk, directory: "/work", passTime: (milliseconds) => disk.advance(milliseconds), dispose };
    },
  });
}

function declareLogs(tests: CollectedTests, fresh: Fresh): void {
  logConformance({
    test: tests.in("a log in a directory"),
    async create() {
      const directory = await fresh();
      const open = (): Promise<StandardLog> => openWal(directory, logOptions);
      return { log: await open(), reopen: open, openReader: () => openWalReader(directory) };
    },
  });
  logConformance({
    test: tests.in("a log on the simulated disk"),
    async create() {
      const disk = createSimulatedDisk();
      const open = (): Promise<StandardLog> => openWal("/log", { ...logOptions, disk });
      return { log: await open(), reopen: open, openReader: () => openWalReader("/log", { disk }), passTime: (milliseconds) => disk.advance(milliseconds) };
    },
  });
  logConformance({ test: tests.in("a log in memory"), lacks: ["readers", "reopen", "visit"], create: async () => ({ log: memoryWal() }) });
}

function declareCheckpoints(tests: CollectedTests, fresh: Fresh): void {
  checkpointStoreConformance({
    test: tests.in("a checkpoint store in a directory"),
    create: async () => fileCheckpointStore(join(await fresh(), "checkpoints")),
    reopen: async ({ location }) => fileCheckpointStore(location),
  });
  checkpointStoreConformance({ test: tests.in("a checkpoint store in memory"), create: async () => memoryCheckpointStore() });
}

function declareReaders(tests: CollectedTests): void {
  checkpointReaderConformance({
    test: tests.in("checkpoints that are an array"),
    async create(content) {
      const checkpoints: MemoryCheckpoint[] = content.map(({ metadata, state }) => ({ ...metadata, base: metadata.chain.at(-2)?.id, state }));
      const mark = async (id: number, damage: MemoryCheckpoint["damage"]): Promise<void> => {
        for (const checkpoint of checkpoints) if (checkpoint.id === id) Object.assign(checkpoint, { damage });
      };
      return { reader: memoryCheckpointReader(checkpoints), damage: mark, remove: (id) => mark(id, "gone") };
    },
  });
  logReaderConformance({
    test: tests.in("a log that is an array"),
    lacks: ["fences", "follow", "visit"],
    async create(content) {
      const log = memoryWal();
      await writeContent(log, content);
      const batches: WalBatch<WalEntry>[] = [];
      for await (const batch of log.read()) batches.push(batch);
      return { reader: memoryLogReader(batches, { logId: log.logId, startsAfter: log.startsAfter }) };
    },
  });
}
