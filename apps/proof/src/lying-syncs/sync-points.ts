import type { DiskImage, Operation, SimulatedDisk } from "@laminar/disk/testing";
import type { Chapter } from "../faults/chapters.ts";
import { StubbornProgram } from "../faults/stubborn-program.ts";
import { fixChance } from "../identities.ts";
import type { Told } from "../whole-stack/promises.ts";

/** A sync of a chapter, of a file or of a directory. */
export interface SyncPoint {
  readonly chapter: Chapter;
  readonly operation: Operation;
  /** How many syncs come before it: hooks that read move operations, not syncs. */
  readonly rank: number;
}

const isSync = ({ kind }: Operation): boolean => kind === "sync" || kind === "syncDirectory";

export function syncPointsOf(chapter: Chapter): readonly SyncPoint[] {
  return chapter.operations.filter(isSync).map((operation, rank) => ({ chapter, operation, rank }));
}

/** Above the log and the checkpoints: whether such a directory was ever made durable only its maker knows. */
export const isParent = ({ path }: Operation): boolean => path === "/" || path === "/data";

/** Fails this sync, as a disk does: what it covered is lost, and later syncs say yes. */
export function failSync(disk: SimulatedDisk, { rank }: SyncPoint): void {
  let seen = 0;
  disk.plan((operation) => (isSync(operation) && seen++ === rank ? { kind: "error", errno: "EIO" } : undefined));
}

/** The state in which a program was killed right before the sync, and what it had told. */
export async function killedBefore({ chapter, operation }: SyncPoint): Promise<{ readonly image: DiskImage; readonly events: readonly Told[] }> {
  const disk = chapter.start.mount();
  const program = new StubbornProgram(chapter.stack, { disk, before: chapter.before });
  let found: { readonly image: DiskImage; readonly events: readonly Told[] } | undefined;
  disk.beforeEach(({ index }) => {
    if (index === operation.index) found = { image: disk.killed(), events: [...program.events] };
  });
  fixChance(1);
  await program.run(chapter.steps);
  if (found === undefined) throw new Error(`${chapter.name} never came to operation ${operation.index}`);
  return found;
}
