import { dirname } from "node:path";
import { createSimulatedDisk, type SimulatedDisk } from "@laminar/disk/testing";

/** A simulated disk on which files stand durably, as a device would have them after damage or a copy. */
export async function diskWith(files: ReadonlyMap<string, Uint8Array>): Promise<SimulatedDisk> {
  const disk = createSimulatedDisk();
  const directories = new Set([...files.keys()].map(dirname));
  for (const directory of directories) {
    await disk.makeDirectory(directory);
    await disk.syncDirectory(dirname(directory));
  }
  for (const [path, bytes] of files) {
    const file = await disk.create(path);
    if (bytes.length > 0) await file.write(0, bytes);
    await file.sync();
    await file.close();
  }
  for (const directory of directories) await disk.syncDirectory(directory);
  return disk;
}
