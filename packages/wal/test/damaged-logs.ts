import { createSimulatedDisk, type SimulatedDisk } from "@laminar/disk/testing";
import { openWal, type WalEntryInput } from "../src/index.ts";
import type { Files } from "./image-damage.ts";
import { commit, put } from "./logs.ts";

/** A log as files by path, what it was a while before, and whether its writer closed it. */
export interface GoldenLog {
  readonly name: string;
  readonly files: Files;
  readonly older: Files;
  readonly isClosed: boolean;
}

export const DIRECTORY = "/log";

const filesOn = (disk: SimulatedDisk): Files => new Map([...disk.killed().files].filter(([path]) => !path.includes("LOCK")));
const withZeros = (key: string): WalEntryInput => ({ type: "put", key: new TextEncoder().encode(key), value: new Uint8Array(620) });

async function appendEach(log: Awaited<ReturnType<typeof openWal>>, ...groups: readonly (readonly WalEntryInput[])[]): Promise<void> {
  for (const group of groups) {
    log.appendAll(group);
    await log.sync();
  }
}

/** Segments, groups, values of zeros, a fence, dropped segments, a gathering open; with a clean end and with that of a kill. */
export async function goldenLogs(): Promise<readonly GoldenLog[]> {
  return [await segmented(true), await segmented(false), await fenced(true), await fenced(false), await restated(), await fresh()];
}

async function segmented(isClosed: boolean): Promise<GoldenLog> {
  const disk = createSimulatedDisk();
  const log = await openWal(DIRECTORY, { disk, segmentSize: 1024 });
  await appendEach(log, [put("a", "1"), withZeros("b"), commit(1)], [put("a", "x".repeat(700)), commit(2)], [put("c", "y".repeat(300)), { type: "delete", key: new Uint8Array(3) }, commit(3)]);
  const older = filesOn(disk);
  await appendEach(log, [put("d", "z".repeat(200)), { type: "checkpoint", id: 7 }, commit(4)], [withZeros("e"), commit(5)]);
  if (isClosed) await log.close();
  return { name: isClosed ? "segments, closed" : "segments, killed", files: filesOn(disk), older, isClosed };
}

async function fenced(isClosed: boolean): Promise<GoldenLog> {
  const disk = createSimulatedDisk();
  const log = await openWal(DIRECTORY, { disk, segmentSize: 1024 });
  await appendEach(log, [put("a", "x".repeat(700)), commit(1)], [put("b", "y".repeat(500)), commit(2)], [put("lost", "behind the fence"), commit(3)]);
  await log.truncateAfter(4);
  const older = filesOn(disk);
  await appendEach(log, [put("c", "z".repeat(300)), commit(4)], [put("d", "\0\0\u0001"), commit(5)]);
  await log.truncateBefore(3);
  await appendEach(log, [put("e", "w".repeat(90)), commit(6)]);
  if (isClosed) await log.close();
  return { name: isClosed ? "a fence and dropped segments, closed" : "a fence and dropped segments, killed", files: filesOn(disk), older, isClosed };
}

/** What a killed writer left is stated again by the next, which is killed before it writes. */
async function restated(): Promise<GoldenLog> {
  const disk = createSimulatedDisk();
  const log = await openWal(DIRECTORY, { disk, segmentSize: 4096 });
  await appendEach(log, [put("a", "x".repeat(100)), commit(1)], [put("b", "y".repeat(600)), commit(2)]);
  const older = filesOn(disk);
  const next = disk.killed().mount();
  await openWal(DIRECTORY, { disk: next, segmentSize: 4096 });
  return { name: "stated again, killed", files: filesOn(next), older, isClosed: false };
}

async function fresh(): Promise<GoldenLog> {
  const disk = createSimulatedDisk();
  const log = await openWal(DIRECTORY, { disk });
  const older = filesOn(disk);
  await log.close();
  return { name: "without a record, closed", files: filesOn(disk), older, isClosed: true };
}
