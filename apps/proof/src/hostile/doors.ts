import { join } from "node:path";
import { openCheckpointManager, validateCheckpoint } from "@laminar/checkpoint";
import { openDurableState, recover } from "@laminar/recovery";
import { inspectWal, openWal, openWalReader, verifyWal, walSize } from "@laminar/wal";
import { type Golden, LOG_OPTIONS, texts } from "./golden.ts";

/** A way into the stack. */
export interface Door {
  readonly name: string;
  /** Whether it may change what it opens. */
  readonly writes: boolean;
  /** What it found, as text: equal for what is as it should be. */
  open(directory: string, golden: Golden): Promise<string>;
  /** Whether this text says by itself that something isn't as it should be. */
  tells?(text: string): boolean;
}

const logOf = (directory: string): string => join(directory, "log");
const checkpointsOf = (directory: string): string => join(directory, "checkpoints");
const decoder = new TextDecoder();

export async function recoveredState(directory: string): Promise<string> {
  const { stateSnapshot, stateChanges } = await recover({ checkpointDir: checkpointsOf(directory), walDir: logOf(directory), mustExist: true });
  const state = new Map<string, string>();
  for (const [key, value] of stateSnapshot ?? []) state.set(decoder.decode(key), decoder.decode(value));
  for (const change of stateChanges) {
    if (change.type === "put") state.set(decoder.decode(change.key), decoder.decode(change.value));
    else state.delete(decoder.decode(change.key));
  }
  return textOf(state);
}

const textOf = (entries: Iterable<readonly [string, string]>): string => [...entries].map(([key, value]) => `${key}=${value.length}`).sort().join(" ");

async function throughWal(directory: string): Promise<string> {
  const log = await openWal(logOf(directory), LOG_OPTIONS);
  try {
    const { lastLsn } = log;
    log.append({ type: "checkpoint", id: 7 });
    await log.sync();
    return `up to ${lastLsn}`;
  } finally {
    await log.close();
  }
}

async function throughReader(directory: string): Promise<string> {
  const reader = await openWalReader(logOf(directory));
  try {
    let last = 0;
    for await (const { lsn } of reader.entries({ after: reader.startsAfter })) last = lsn;
    return `up to ${last}`;
  } finally {
    await reader.close();
  }
}

async function throughManager(directory: string): Promise<string> {
  const manager = await openCheckpointManager({ directory: checkpointsOf(directory), maxRetained: 2 });
  try {
    const latest = await manager.latest();
    return latest === undefined ? "no usable checkpoint" : `checkpoint ${latest.id}`;
  } finally {
    await manager.close();
  }
}

async function throughDurableState(directory: string): Promise<string> {
  const state = await openDurableState<string>({ directory, keys: "string", values: texts, checkpoints: { maxRetained: 2 }, log: LOG_OPTIONS, mustExist: true });
  try {
    const found = textOf(state.entries());
    state.put("k9", "9");
    await state.commit();
    await state.checkpoint();
    return found;
  } finally {
    await state.close();
  }
}

export const DOORS: readonly Door[] = [
  { name: "openWal", writes: true, open: throughWal },
  { name: "openWalReader", writes: false, open: throughReader },
  { name: "recover", writes: false, open: recoveredState },
  { name: "openCheckpointManager", writes: true, open: throughManager, tells: (text) => text === "no usable checkpoint" || text === "checkpoint 1" },
  { name: "openDurableState", writes: true, open: throughDurableState },
  { name: "verifyWal", writes: false, open: async (directory) => (await verifyWal(logOf(directory))).verdict, tells: (text) => text !== "ok" },
  { name: "inspectWal", writes: false, open: async (directory) => `${(await inspectWal(logOf(directory))).damages.length} damages`, tells: (text) => text !== "0 damages" },
  { name: "walSize", writes: false, open: async (directory) => ((await walSize(logOf(directory))) > 0 ? "some bytes" : "no bytes"), tells: (text) => text === "no bytes" },
  { name: "validateCheckpoint", writes: false, open: async (directory, { newestCheckpoint }) => `checkpoint ${(await validateCheckpoint(join(checkpointsOf(directory), newestCheckpoint))).id}` },
];
