import type { DirectoryEntry } from "@laminar/disk";
import { looksLikeOurs, parseName } from "./checkpoint-names.ts";
import type { StoreListing } from "./checkpoint-store.ts";

/** What the entries of a checkpoint directory are; `unpublished` are ids that only look as if they were published. */
export function readEntries(entries: readonly DirectoryEntry[] | undefined, unpublished: ReadonlySet<number>): StoreListing {
  const ids: number[] = [];
  const leftovers: string[] = [];
  const ignored: string[] = [];
  let highestId = 0;
  for (const { name, kind } of entries ?? []) {
    const parsed = parseName(name);
    // Whatever it is that has the name, the number can't be given to another.
    highestId = Math.max(highestId, parsed?.id ?? 0);
    if (!parsed || kind !== "directory") {
      if (looksLikeOurs(name)) ignored.push(name);
    } else if (parsed.kind === "checkpoint" && !unpublished.has(parsed.id)) ids.push(parsed.id);
    else leftovers.push(name);
  }
  return { exists: entries !== undefined, ids: ids.sort((a, b) => a - b), highestId, leftovers: leftovers.sort(), ignored: ignored.sort() };
}

/** The leftover whose name must stay because nothing published carries the highest id. */
export function nameThatStays({ ids, highestId, leftovers }: StoreListing): string | undefined {
  return ids.includes(highestId) ? undefined : leftovers.find((name) => parseName(name)?.id === highestId);
}
