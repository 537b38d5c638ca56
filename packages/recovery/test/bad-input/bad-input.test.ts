import { describe, expect, it } from "vitest";
import * as checkpoint from "./checkpoint-cases.ts";
import * as log from "./log-cases.ts";
import * as recovery from "./recovery-cases.ts";
import * as snapshot from "./snapshot-cases.ts";
import { type Place, type Row, sweep } from "./sweep.ts";
import type { SimulatedDisk } from "@laminar/disk/testing";

const onDisk = async (disk: SimulatedDisk): Promise<Place<SimulatedDisk>> => ({ subject: disk });

function refuses<S>(what: string, make: (disk: SimulatedDisk) => Promise<Place<S>>, rows: readonly Row<S>[]): void {
  it(`${what}: every wrong argument is refused in words, and nothing changes`, async () => {
    const { cases, faults } = await sweep(make, rows);
    console.log(`${what}: ${cases} wrong arguments in ${rows.length} places`);
    expect(faults).toEqual([]);
  });
}

describe("a caller in JavaScript", () => {
  refuses("the disk", onDisk, recovery.diskDoors);
  refuses("an open file", recovery.openFile, recovery.fileCalls);
  refuses("what opens a log", onDisk, log.logDoors);
  refuses("a log that is open", log.openLog, log.logCalls);
  refuses("a log in memory", log.memoryLog, log.logCalls);
  refuses("reads of an open log", log.openLog, log.readCalls);
  refuses("reads of a log in memory", log.memoryLog, log.readCalls);
  refuses("reads beside a writer", log.reader, log.readCalls);
  refuses("visits of an open log", log.openLog, log.visitCalls);
  refuses("visits beside a writer", log.reader, log.visitCalls);
  refuses("what opens checkpoints", onDisk, checkpoint.checkpointDoors);
  refuses("a checkpoint manager", checkpoint.manager, checkpoint.managerCalls);
  refuses("checkpoints in a directory", checkpoint.fileStore, checkpoint.storeCalls);
  refuses("checkpoints in memory", checkpoint.memoryStore, checkpoint.storeCalls);
  refuses("snapshots", async () => ({ subject: undefined }), snapshot.snapshotDoors);
  refuses("a state store", snapshot.store, snapshot.storeCalls);
  refuses("a capture", snapshot.capture, snapshot.captureCalls);
  refuses("recovery", onDisk, recovery.recoveryDoors);
  refuses("a durable state", recovery.state, recovery.stateCalls);
  refuses("a durable state with bytes as keys", recovery.bytesState, recovery.bytesStateCalls);
});
