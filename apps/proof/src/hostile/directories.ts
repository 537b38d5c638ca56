import { crc32 } from "@laminar/disk/checksum";
import { createSimulatedDisk, type SimulatedDisk } from "@laminar/disk/testing";
import { makeDirectories, writeFully } from "@laminar/disk";
import { recover, type RecoveredState } from "@laminar/recovery";
import { openWal } from "@laminar/wal";
import type { Choices } from "../random.ts";
import { joined } from "./bytes.ts";
import { type Decoder, type Hostile, type Outcome, refusal } from "./decoder.ts";
import { hostileLog } from "./logs.ts";
import { sealMetadata } from "./metadata.ts";
import { hostileSnapshot } from "./snapshots.ts";

const LOG = "/data/log";
const CHECKPOINTS = "/data/checkpoints";

interface HostileDirectory extends Hostile {
  /** Content by path. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** A checkpoint whose metadata say of a hostile state that it is right. */
function checkpointFiles(choices: Choices, id: number): { readonly files: readonly (readonly [string, Uint8Array])[]; readonly hostile: Hostile } {
  const hostile = hostileSnapshot(choices);
  const part = { id, size: hostile.bytes.length, checksum: crc32(hostile.bytes) };
  const fields = {
    formatVersion: 1, id, epoch: 1, timestamp: 0, walPosition: choices.whole(4), sizeBytes: part.size, kind: "full", isIncremental: false, chain: [part],
    walId: choices.chance(0.8) ? "000102030405060708090a0b0c0d0e0f" : null, sourceOffsets: {}, watermark: null, keyCount: null, parentId: null,
  };
  const metadata = sealMetadata(JSON.stringify(fields, undefined, 2).slice(0, -2));
  const directory = `${CHECKPOINTS}/checkpoint_${id.toString(16).padStart(16, "0")}`;
  return { files: [[`${directory}/metadata.json`, metadata], [`${directory}/state.bin`, hostile.bytes]], hostile };
}

function hostileDirectory(choices: Choices): HostileDirectory {
  const log = hostileLog(choices);
  const checkpoints = Array.from({ length: choices.whole(3) }, (_, index) => checkpointFiles(choices, index + 1));
  const files = new Map<string, Uint8Array>([...log.files].map(([name, bytes]) => [`${LOG}/${name}`, bytes]));
  for (const [path, bytes] of checkpoints.flatMap((checkpoint) => checkpoint.files)) files.set(path, bytes);
  return { files, bytes: joined([...files.values()]), what: [log.what, ...checkpoints.map(({ hostile }) => hostile.what)].join("; "), claims: true };
}

async function diskOf(files: ReadonlyMap<string, Uint8Array>): Promise<SimulatedDisk> {
  const disk = createSimulatedDisk();
  await makeDirectories(disk, LOG);
  for (const [path, bytes] of files) {
    await makeDirectories(disk, path.slice(0, path.lastIndexOf("/")));
    const file = await disk.create(path);
    await writeFully(file, 0, bytes);
    await file.close();
  }
  return disk;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function textOf({ stateSnapshot, stateChanges, walPosition, sourceOffsets, watermark }: RecoveredState): string {
  const entries = [...(stateSnapshot ?? [])].map(([key, value]) => `${hex(key)}=${hex(value)}`);
  const changes = stateChanges.map((change) => `${hex(change.key)}=${change.type === "put" ? hex(change.value) : "-"}`);
  return [walPosition, watermark, ...entries, ...changes, ...[...sourceOffsets].map(([source, offset]) => `${source}:${offset}`)].join(" ");
}

/** Recovery gives the same twice and changes nothing, and an open that is refused changes nothing. */
async function readDirectory({ files }: HostileDirectory): Promise<Outcome> {
  const disk = await diskOf(files);
  const before = disk.killed().hash;
  const found = await outcomeOf(disk);
  const again = await outcomeOf(disk);
  if (found.text !== again.text) throw new Error(`recovered [${found.text}], and then [${again.text}]`);
  if (disk.killed().hash !== before) throw new Error("recovery changed the disk");
  try {
    await (await openWal(LOG, { disk, mustExist: true })).close();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "WAL_NOT_FOUND")) refusal(error);
    if (disk.killed().hash !== before) throw new Error("an open that was refused changed the disk", { cause: error });
  }
  return found.code ?? "read";
}

async function outcomeOf(disk: SimulatedDisk): Promise<{ readonly text: string; readonly code?: string }> {
  try {
    return { text: textOf(await recover({ walDir: LOG, checkpointDir: CHECKPOINTS, disk })) };
  } catch (error) {
    return { text: "", code: refusal(error) };
  }
}

export const directories: Decoder<HostileDirectory> = { name: "directories: recover, openWal", share: 0.005, make: hostileDirectory, read: readDirectory };
