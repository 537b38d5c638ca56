import { fileCheckpointStore, validateCheckpoint } from "@laminar/checkpoint";
import type { Disk } from "@laminar/disk";
import type { SimulatedDisk } from "@laminar/disk/testing";
import { textOfCut } from "../whole-stack/cut.ts";
import { requireUnchanged } from "../whole-stack/crash-test.ts";
import { CHECKPOINTS, LOG, recoverFrom } from "../whole-stack/session.ts";
import type { FoundCheckpoints } from "./store-promises.ts";

/** All that a crash left, as far as somebody relies on it. */
export interface Found {
  /** As `textOfCut` says it. */
  readonly cut: string;
  readonly checkpoints: FoundCheckpoints;
  /** The cut that is recovered when the newest segment is lost besides; `undefined` when that is refused. */
  readonly withoutNewestSegment: string | undefined;
}

/** Recovers, looks at every checkpoint, and recovers again without the newest segment. */
export async function findAll(disk: SimulatedDisk): Promise<Found> {
  const cut = textOfCut(await recoverFrom(disk));
  const checkpoints = await findCheckpoints(disk);
  requireUnchanged(disk);
  return { cut, checkpoints, withoutNewestSegment: await recoverWithoutNewest(disk) };
}

async function findCheckpoints(disk: Disk): Promise<FoundCheckpoints> {
  const { ids, highestId } = await fileCheckpointStore(CHECKPOINTS, { disk }).list();
  const damaged: number[] = [];
  for (const id of ids) {
    const directory = `${CHECKPOINTS}/checkpoint_${id.toString(16).padStart(16, "0")}`;
    await validateCheckpoint(directory, { disk }).catch(() => damaged.push(id));
  }
  return { ids, damaged, highestId };
}

async function recoverWithoutNewest(disk: Disk): Promise<string | undefined> {
  const names = (await disk.list(LOG).catch(() => [])).map(({ name }) => name);
  const newest = names.filter((name) => name.endsWith(".wal")).sort().at(-1);
  if (newest === undefined) return undefined;
  await disk.remove(`${LOG}/${newest}`);
  return recoverFrom(disk).then(textOfCut, () => undefined);
}
