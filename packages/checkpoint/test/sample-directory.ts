import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "@laminar/disk/checksum";
import { nodeDisk } from "@laminar/disk";
import { afterEach } from "vitest";
import { type ChainPart, type CheckpointMetadata, fileCheckpointStore, openCheckpointManager } from "../src/index.ts";
import { encodeMetadata } from "../src/metadata-format.ts";

const made: string[] = [];

afterEach(async () => {
  for (const directory of made.splice(0)) await rm(directory, { recursive: true, force: true });
});

export async function freshDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "laminar-checkpoint-"));
  made.push(directory);
  return directory;
}

export const nameOf = (id: number): string => `checkpoint_${id.toString(16).padStart(16, "0")}`;
export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

export const LOG_ID = "000102030405060708090a0b0c0d0e0f";
const CREATED = Date.UTC(2026, 0, 2, 3, 4, 5);

const PLAIN = { epoch: 7, walId: LOG_ID, sourceOffsets: new Map<string, bigint>(), kind: "full", isIncremental: false } as const;
const placed = (id: number) => ({ id, timestamp: CREATED + id * 60_000, walPosition: id * 100, parentId: id > 1 ? id - 1 : undefined });

export interface Published {
  readonly id: number;
  /** The chain before it; empty for a full one. */
  readonly base?: readonly ChainPart[];
  readonly state: string;
  readonly metadata?: Partial<CheckpointMetadata>;
}

/** Publishes a checkpoint as the manager does, with metadata of any kind; resolves to its chain. */
export async function publish(directory: string, { id, base = [], state, metadata = {} }: Published): Promise<readonly ChainPart[]> {
  let chain: readonly ChainPart[] = [];
  await fileCheckpointStore(directory).publish(id, [bytesOf(state)], ({ size, checksum }) => {
    chain = [...base, { id, size, checksum }];
    const kind = base.length === 0 ? "full" : "delta";
    return encodeMetadata({ ...PLAIN, ...placed(id), sizeBytes: size, kind, isIncremental: kind === "delta", chain, ...metadata });
  });
  return chain;
}

/** Two full checkpoints (9 and 10) of a manager, and two deltas (11 and 12) on the newer one. */
export async function sampleDirectory(): Promise<string> {
  const directory = await freshDirectory();
  let minutes = 0;
  const clock = { ...nodeDisk.clock, now: () => CREATED + ++minutes * 60_000 };
  const manager = await openCheckpointManager({ directory, disk: { ...nodeDisk, clock }, maxRetained: 2 });
  for (let i = 1; i <= 10; i++) {
    const sourceOffsets = new Map([["requests", 2n ** 63n - 1n], ["\u001b[31m", BigInt(i)]]);
    await manager.create({ walPosition: i * 100, walId: LOG_ID, epoch: 7, sourceOffsets, watermark: -5n, keyCount: i * 3, state: bytesOf("x".repeat(i * 250)) });
  }
  const base = (await manager.metadata(10))?.chain ?? [];
  await manager.close();
  const eleven = await publish(directory, { id: 11, base, state: "eleven", metadata: { keyCount: 31 } });
  await publish(directory, { id: 12, base: eleven, state: "the twelfth" });
  return directory;
}

/** Adds names that a crash or a person may leave. */
export async function litter(directory: string): Promise<void> {
  for (const name of ["trash_0000000000000003", "tmp_000000000000000d", "checkpoint_ff", "checkpoint_\u001b[31m\u202e"]) await mkdir(join(directory, name));
}

/** Full checkpoints 1 to `count`, each with so many source offsets; resolves to how many bytes their metadata have. */
export async function manyCheckpoints(directory: string, { count, sources }: { readonly count: number; readonly sources: number }): Promise<{ readonly bytes: number }> {
  const sourceOffsets = new Map(Array.from({ length: sources }, (_, i) => [`source ${i}`, BigInt(i)]));
  let bytes = 0;
  for (let id = 1; id <= count; id++) {
    const state = bytesOf("state");
    const metadata = encodeMetadata({ ...PLAIN, ...placed(id), sourceOffsets, sizeBytes: state.length, chain: [{ id, size: state.length, checksum: crc32(state) }] });
    await mkdir(join(directory, nameOf(id)));
    await writeFile(join(directory, nameOf(id), "state.bin"), state);
    await writeFile(join(directory, nameOf(id), "metadata.json"), metadata);
    bytes += metadata.length;
  }
  return { bytes };
}
