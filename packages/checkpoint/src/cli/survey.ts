import { basename, resolve } from "node:path";
import type { CheckpointMetadata } from "../checkpoint-metadata.ts";
import { parseName } from "../checkpoint-names.ts";
import type { CheckpointStore, StoreListing } from "../checkpoint-store.ts";
import { decodeMetadata } from "../metadata-format.ts";
import { type Finding, findingOf, metadataFile, nothingThere } from "./finding.ts";

/** All that the command asks of a store: it only reads. */
export type ReadableStore = Pick<CheckpointStore, "location" | "list" | "readMetadata" | "readState">;

/** What metadata say but for the offsets, of which there may be many. */
export type Summary = Omit<CheckpointMetadata, "sourceOffsets">;

export interface Examined {
  readonly id: number;
  /** When they verify. */
  readonly metadata?: Summary | undefined;
  readonly findings: readonly Finding[];
}

/** With all that its metadata say. */
export interface ExaminedWhole extends Examined {
  readonly metadata?: CheckpointMetadata | undefined;
}

export interface Survey<T extends Examined> {
  readonly listing: StoreListing;
  /** Newest first; only what is still there. */
  readonly checkpoints: readonly T[];
  /** How many were withdrawn while they were looked at. */
  readonly withdrawn: number;
}

const SURVEYS_MOST = 10;

/**
 * Examines what is listed, and drops what a manager withdrew meanwhile. Surveys again when that leaves nothing, or a part of a
 * chain and not the others, which may go next: a manager withdraws them one after the other.
 */
export async function survey<T extends Examined>(store: ReadableStore, examine: (listing: StoreListing) => Promise<readonly T[]>): Promise<Survey<T>> {
  for (let round = 1; ; round++) {
    const listing = await store.list();
    const examined = await examine(listing);
    const there = new Set((await store.list()).ids);
    const checkpoints = examined.filter(({ id }) => there.has(id)).sort((a, b) => b.id - a.id);
    const changed = listing.ids.some((id) => !there.has(id));
    const unsure = checkpoints.length === 0 || checkpoints.some(({ metadata }) => metadata?.chain.some((part) => !there.has(part.id)));
    if (changed && unsure && round < SURVEYS_MOST) continue;
    if (changed && checkpoints.length === 0) throw nothingThere(`${store.location}: checkpoints are withdrawn before they can be read; try again when the manager makes fewer`);
    return { listing, checkpoints, withdrawn: examined.length - checkpoints.length };
  }
}

/** Metadata in memory at the same time: enough to hide a disk's latency, few because each may be of 16 MiB. */
const AT_ONCE = 4;

/** The metadata of these checkpoints. */
export async function examineAll(store: ReadableStore, ids: readonly number[]): Promise<readonly Examined[]> {
  const examined: Examined[] = [];
  for (let first = 0; first < ids.length; first += AT_ONCE) {
    const some = ids.slice(first, first + AT_ONCE);
    examined.push(...(await Promise.all(some.map(async (id) => summarized(await examineOne(store, id))))));
  }
  return examined;
}

function summarized({ id, metadata, findings }: ExaminedWhole): Examined {
  if (!metadata) return { id, findings };
  const { sourceOffsets: _, ...summary } = metadata;
  return { id, metadata: summary, findings };
}

export async function examineOne(store: ReadableStore, id: number): Promise<ExaminedWhole> {
  const file = metadataFile(id);
  try {
    return { id, metadata: decodeMetadata(await store.readMetadata(id), id, file), findings: [] };
  } catch (error) {
    return { id, findings: [findingOf(error, file)] };
  }
}

/** For a place without a published checkpoint: what is wrong with it, and what to give instead. */
export function emptyPlace(directory: string, { exists, leftovers }: StoreListing): Error {
  if (!exists) return nothingThere(`there is no directory ${directory}`);
  if (parseName(basename(resolve(directory)))) return nothingThere(`${directory} is named like one checkpoint; give the directory that it stands in`);
  if (leftovers.length > 0) return nothingThere(`there are no checkpoints in ${directory}, only leftovers`);
  return nothingThere(`there are no checkpoints in ${directory}; give the directory that holds the checkpoint_... directories`);
}

/** The ids to look at: all of them, or the one that was asked for. */
export function chosenIds(directory: string, listing: StoreListing, id: number | undefined): readonly number[] {
  if (listing.ids.length === 0) throw emptyPlace(directory, listing);
  if (id === undefined) return listing.ids;
  if (listing.ids.includes(id)) return [id];
  throw nothingThere(`there is no checkpoint ${id} in ${directory}; list shows those that are there`);
}
