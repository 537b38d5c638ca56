import { writeFully } from "@laminar/disk";
import { createSimulatedDisk, type SimulatedDisk } from "@laminar/disk/testing";
import { type DurableState, openDurableState, recover, type RecoveryConfig } from "../src/index.ts";
import { stateOf } from "./recovered-states.ts";
import { cutOf, textOfCut } from "./durable-oracle.ts";

/** Content of each file by path below the data directory. */
export type Files = ReadonlyMap<string, Uint8Array>;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const values = { encode: (value: string) => encoder.encode(value), decode: (bytes: Uint8Array) => decoder.decode(bytes) };
const DIRECTORY = "/data";
const SEGMENT_SIZE = 1024;

export const openIn = (disk: SimulatedDisk, kept = 3): Promise<DurableState<string, string>> =>
  openDurableState({ directory: DIRECTORY, disk, values, keys: "string", checkpoints: { maxRetained: kept, maxChainLength: 2, interval: 1e9 }, log: { segmentSize: SEGMENT_SIZE } });

/** All but who has it locked: on another machine the first process would be taken for that one. */
export function filesOf(disk: SimulatedDisk): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const [path, content] of disk.killed().files) if (!path.includes("/LOCK")) files.set(path.slice(DIRECTORY.length + 1), content);
  return files;
}

async function makeDirectory(disk: SimulatedDisk, path: string): Promise<void> {
  if (disk.statSync(path)) return;
  await makeDirectory(disk, path.slice(0, path.lastIndexOf("/")) || "/");
  await disk.makeDirectory(path);
}

/** A disk that holds these files and nothing else. */
export async function diskWith(files: Files): Promise<SimulatedDisk> {
  const disk = createSimulatedDisk();
  await makeDirectory(disk, DIRECTORY);
  for (const [path, content] of files) {
    const full = `${DIRECTORY}/${path}`;
    await makeDirectory(disk, full.slice(0, full.lastIndexOf("/")));
    const file = await disk.create(full);
    if (content.length > 0) await writeFully(file, 0, content);
    await file.close();
  }
  return disk;
}

/** What a program leaves: the files after each of its checkpoints, and at the end. */
export interface Written {
  readonly files: Files;
  readonly cut: string;
  /** Files that were there at some time, as they were last. */
  readonly ever: Files;
  /** Files after each checkpoint. */
  readonly history: readonly Files[];
}

/**
 * A state of 12 keys, of which two change between one checkpoint and the next: full ones and deltas in turn, as many chains as are
 * kept, a log that was truncated behind them, and commits after the last checkpoint.
 */
export async function written(seed: string, checkpoints = 10): Promise<Written> {
  const disk = createSimulatedDisk();
  const state = await openIn(disk);
  const ever = new Map<string, Uint8Array>();
  const history: Files[] = [];
  let number = 0;
  const commit = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      number++;
      state.put(`key ${number % 12}`, `${seed} ${number} ${"x".repeat(80)}`);
      if (number % 7 === 0) state.delete(`key ${(number + 5) % 12}`);
      await state.commit({ offsets: new Map([["source", number]]), watermark: number * 10 });
    }
  };
  await commit(14);
  for (let round = 0; round < checkpoints; round++) {
    await commit(4);
    await state.checkpoint();
    const files = filesOf(disk);
    history.push(files);
    for (const [path, content] of files) ever.set(path, content);
  }
  await commit(5);
  const cut = cutOf(state);
  await state.close();
  const files = filesOf(disk);
  for (const [path, content] of files) ever.set(path, content);
  return { files, cut, ever, history };
}

/** Ids of the checkpoints, ascending. */
export function idsIn(files: Files): readonly number[] {
  const ids = [...files.keys()].flatMap((path) => /^checkpoints\/checkpoint_([0-9a-f]{16})\/metadata\.json$/.exec(path)?.slice(1) ?? []);
  return ids.map((id) => Number.parseInt(id, 16)).sort((a, b) => a - b);
}

export const segmentsIn = (files: Files): readonly string[] => [...files.keys()].filter((path) => path.endsWith(".wal")).sort();

export const pathOf = (id: number, file: "metadata.json" | "state.bin"): string => `checkpoints/checkpoint_${id.toString(16).padStart(16, "0")}/${file}`;

/** A chain is a full checkpoint and the deltas on it. */
export function chainsIn(files: Files): readonly (readonly number[])[] {
  const chains: number[][] = [];
  for (const id of idsIn(files)) {
    const { kind } = JSON.parse(decoder.decode(files.get(pathOf(id, "metadata.json")))) as { readonly kind: string };
    if (kind === "full") chains.push([id]);
    else chains.at(-1)?.push(id);
  }
  return chains;
}

/** What a door says: the cut that it gives, or the code of the refusal. */
export type Door = (files: Files) => Promise<string>;

const codeOf = (error: unknown): string => {
  if (error instanceof Error && "code" in error && typeof error.code === "string" && /^(WAL|CHECKPOINT|RECOVERY|SNAPSHOT)_/.test(error.code)) return error.code;
  throw error;
};

export async function throughRecover(files: Files, config: Partial<RecoveryConfig> = {}): Promise<string> {
  const disk = await diskWith(files);
  return outcomeOf(disk, async () => {
    const recovered = await recover({ checkpointDir: `${DIRECTORY}/checkpoints`, walDir: `${DIRECTORY}/log`, disk, ...config });
    return textOfCut({ state: stateOf(recovered), offsets: recovered.sourceOffsets, watermark: recovered.watermark });
  });
}

/** What `work` gives, or the code of its refusal. No handle may be left open either way. */
async function outcomeOf(disk: SimulatedDisk, work: () => Promise<string>): Promise<string> {
  const outcome = await work().catch(codeOf);
  if (disk.openFiles > 0) throw new Error("handles are left open");
  return outcome;
}

/** Opens, writes on with a checkpoint, and opens again: the second opening has to give what the first one had, and what was written. */
export async function throughOpenDurableState(files: Files): Promise<string> {
  const disk = await diskWith(files);
  return outcomeOf(disk, async () => {
    const state = await openIn(disk);
    const cut = cutOf(state);
    state.put("later", "written");
    await state.commit();
    await state.checkpoint();
    const later = cutOf(state);
    await state.close();
    const again = await openIn(disk);
    const found = cutOf(again);
    await again.close();
    if (found !== later) throw new Error(`opened again, the state is ${found} instead of ${later}`);
    return cut;
  });
}
