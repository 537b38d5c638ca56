import { fileCheckpointStore } from "@laminar/checkpoint";
import type { Disk } from "@laminar/disk";
import { inspectWal } from "@laminar/wal";
import { CHECKPOINTS, LOG } from "../whole-stack/session.ts";

/** More was left lying around than has to be. */
export class Litter extends Error {}

/** What lies around after a close and is of no use; `undefined` while it is as little as it has to be after so many crashes and faults. */
export async function litterOn(disk: Disk, { crashes, faults }: { readonly crashes: number; readonly faults: number }): Promise<string | undefined> {
  const mishaps = crashes + faults;
  const { notCounting, heads, leftovers } = await inspectWal(LOG, { disk });
  const { leftovers: unfinished } = await fileCheckpointStore(CHECKPOINTS, { disk }).list();
  const locks = [...(await disk.list(LOG)), ...(await disk.list(CHECKPOINTS))].filter(({ name }) => name.startsWith("LOCK"));
  const counts: readonly (readonly [string, number, number])[] = [
    // Superseded ones wait for the next truncation.
    ["segments that were dropped", notCounting.filter(({ why }) => why === "dropped").length, mishaps],
    ["heads", heads.length, 1 + mishaps],
    // Each opening removes those of crashes.
    ["leftovers of the log", leftovers.length, faults],
    ["leftovers of checkpoints", unfinished.length, 1],
    ["remains of locks", locks.length, 0],
  ];
  const many = counts.filter(([, count, most]) => count > most).map(([name, count, most]) => `${count} ${name} instead of at most ${most}`);
  return many.length === 0 ? undefined : many.join(", ");
}
