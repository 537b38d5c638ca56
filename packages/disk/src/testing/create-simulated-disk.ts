import { DirectoryNode } from "./directory-node.ts";
import { volumeOf } from "./durable-volume.ts";
import { Machine } from "./machine.ts";
import type { SimulatedDisk } from "./simulated-disk.ts";
import { SimulatedProcess } from "./simulated-process.ts";
import { Volume } from "./volume.ts";

/** What a simulated disk begins with. */
export interface SimulatedDiskOptions {
  /**
   * Content by path of the files that the disk holds, in the directories that their paths name, all of it durable: a disk that
   * was copied or damaged. It is as after a power cut, so that whoever held a lock on the first boot of a simulated machine is dead.
   *
   * @throws RangeError for a path that is given twice, is the root, or leads through another file
   */
  readonly files?: ReadonlyMap<string, Uint8Array> | undefined;
}

/**
 * An empty disk (only `/` is there), or one with the files that are given, on a machine of its own, without real files, timers
 * or threads. A test runs a program on it and asks, before each operation, what a power cut or a kill at that moment would
 * leave; a program that starts from any of these images must find all that it was promised:
 *
 * ```ts
 * const disk = createSimulatedDisk();
 * const images: DiskImage[] = [];
 * disk.beforeEach(() => images.push(disk.killed(), ...disk.powerCuts({ limit: 100 })));
 * const file = await disk.create("/greeting");
 * await file.write(0, new TextEncoder().encode("hello"));
 * await file.sync();
 * await disk.syncDirectory("/");
 * for (const image of images) await startAgain(image.mount());
 * ```
 *
 * Each call takes effect as a whole, one microtask after it was made (at once if it is one like `writeSync` or `syncNow`) and in
 * the order of the calls, so that the same program does the same every time: an image is found again by the index of its
 * operation, `limit` and `seed`. `disk.plan((operation) => operation.index === 7 ? { kind: "error", errno: "EIO" } : undefined)` fails one call.
 * `disk.runInterleaved(program, { seed })` takes the calls in another order for each seed.
 */
export function createSimulatedDisk(options: SimulatedDiskOptions = {}): SimulatedDisk {
  const { files } = options;
  const first = Machine.first(new Volume(new DirectoryNode()));
  return new SimulatedProcess(files === undefined ? first : first.afterPowerCut()(volumeOf(files)));
}
