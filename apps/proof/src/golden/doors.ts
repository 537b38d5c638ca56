import { join } from "node:path";
import { openCheckpointManager } from "@laminar/checkpoint";
import type { Disk } from "@laminar/disk";
import { applyRecovered, openDurableState, recover } from "@laminar/recovery";
import { createStateStore } from "@laminar/state-snapshot";
import { openWal } from "@laminar/wal";
import { type Committed, committed, decoderOf, type Expected, recoveredCommit, textOf } from "./expected.ts";

/** Where a golden directory, or a copy of it, stands. */
export interface Place {
  readonly disk: Disk;
  readonly directory: string;
  /** Where nobody can know whether the owners of its locks live. */
  readonly oneContainer?: boolean | undefined;
}

/** A way into a directory: rejects, or says which commit it found. */
export interface Door {
  readonly name: string;
  /** Whether it may change what is there, when it isn't refused. */
  readonly writes: boolean;
  enter(place: Place, written: Expected["written"]): Promise<Committed>;
}

/** What was found isn't what was found a moment before. */
export class Inconsistent extends Error {
  override readonly name = "Inconsistent";
}

const placesIn = ({ disk, directory }: Place): { readonly checkpointDir: string; readonly walDir: string; readonly disk: Disk } => ({
  checkpointDir: join(directory, "checkpoints"),
  walDir: join(directory, "log"),
  disk,
});

export const recovering: Door = {
  name: "recover",
  writes: false,
  async enter(place, written) {
    return recoveredCommit(await recover(placesIn(place)), decoderOf({ written }));
  },
};

/** Opens for writing and closes; what is there must be the same before, meanwhile and afterwards. */
export const opening: Door = {
  name: "open",
  writes: true,
  async enter(place, written) {
    if (written === "by hand") return openByHand(place);
    const seen = await openState(place);
    const after = await recovering.enter(place, written);
    requireSame("it was opened", { ...seen, position: after.position }, after);
    return after;
  },
};

function requireSame(when: string, one: Committed, other: Committed): void {
  if (textOf(one) !== textOf(other)) throw new Inconsistent(`${textOf(one)} when ${when}, then ${textOf(other)}`);
}

async function openByHand(place: Place): Promise<Committed> {
  const { checkpointDir, walDir, disk } = placesIn(place);
  const { oneContainer } = place;
  const before = await recovering.enter(place, "by hand").catch(async (error: unknown) => {
    // The log is damaged whoever looks at it.
    if (String((error as { readonly code?: unknown }).code).startsWith("WAL_")) await openAndClose(place, error);
    throw error;
  });
  const log = await openWal(walDir, { disk, oneContainer, syncInterval: Number.POSITIVE_INFINITY });
  try {
    await (await openCheckpointManager({ directory: checkpointDir, disk, oneContainer, log })).close();
  } finally {
    await log.close();
  }
  const after = await recovering.enter(place, "by hand");
  requireSame("it was recovered", before, after);
  return after;
}

async function openAndClose(place: Place, refusal: unknown): Promise<void> {
  const { walDir, disk } = placesIn(place);
  const log = await openWal(walDir, { disk, mustExist: true });
  await log.close();
  throw new Inconsistent(`the log opens for writing, and recovery says ${String(refusal)}`);
}

async function openState({ disk, directory, oneContainer }: Place): Promise<Committed> {
  const state = await openDurableState<string>({ directory, disk, oneContainer, mustExist: true });
  const seen = committed(0, state.offsets, state.watermark, state.entries());
  await state.close();
  return seen;
}

const text = new TextEncoder();
export const LATER: readonly [string, string] = ["later", "written later"];

/** Opens, commits once more, makes a checkpoint and closes; gives what has to come back from then on. */
export async function goOn(place: Place, written: Expected["written"], last: Committed): Promise<Committed> {
  const offset = BigInt(last.offsets["events"] ?? 0) + 1n;
  const position = await (written === "by hand" ? goOnByHand(place, offset) : goOnWithState(place, offset));
  return { position, offsets: { events: String(offset) }, watermark: String(offset * 10n), state: Object.fromEntries([...Object.entries(last.state), LATER].sort(([a], [b]) => (a < b ? -1 : 1))) };
}

async function goOnByHand(place: Place, offset: bigint): Promise<number> {
  const { checkpointDir, walDir, disk } = placesIn(place);
  const { oneContainer } = place;
  const store = createStateStore();
  applyRecovered(await recover({ checkpointDir, walDir, disk }), store);
  const log = await openWal(walDir, { disk, oneContainer });
  const checkpoints = await openCheckpointManager({ directory: checkpointDir, disk, oneContainer, log });
  const [key, value] = LATER.map((part) => text.encode(part)) as [Uint8Array, Uint8Array];
  const sourceOffsets = new Map([["events", offset]]);
  const walPosition = log.appendAll([{ type: "put", key, value }, { type: "commit", offsets: sourceOffsets, watermark: offset * 10n }]);
  await log.sync();
  store.put(key, value);
  await checkpoints.create({ walPosition, sourceOffsets, watermark: offset * 10n, state: store.snapshot() });
  await checkpoints.close();
  await log.close();
  return walPosition;
}

async function goOnWithState({ disk, directory, oneContainer }: Place, offset: bigint): Promise<number> {
  const state = await openDurableState<string>({ directory, disk, oneContainer, mustExist: true });
  state.put(...LATER);
  const { walPosition } = await state.commit({ offsets: new Map([["events", offset]]), watermark: offset * 10n });
  await state.checkpoint();
  await state.close();
  return walPosition;
}
