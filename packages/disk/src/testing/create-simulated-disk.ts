import { DirectoryNode } from "./directory-node.ts";
import { Machine } from "./machine.ts";
import type { SimulatedDisk } from "./simulated-disk.ts";
import { SimulatedProcess } from "./simulated-process.ts";
import { Volume } from "./volume.ts";

/**
 * An empty disk (only `/` is there) on a machine of its own, without real files, timers or threads. A test runs a program on
 * it and asks, before each operation, what a power cut or a kill at that moment would leave; a program that starts from any
 * of these images must find all that it was promised:
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
 * Each call takes effect as a whole, one microtask after it was made (`writeSync` at once) and in the order of the calls, so
 * that the same program does the same every time: an image is found again by the index of its operation, `limit` and
 * `seed`. `disk.plan((operation) => operation.index === 7 ? { kind: "error", errno: "EIO" } : undefined)` fails one call.
 * `disk.runInterleaved(program, { seed })` takes the calls in another order for each seed.
 */
export function createSimulatedDisk(): SimulatedDisk {
  return new SimulatedProcess(Machine.first(new Volume(new DirectoryNode())));
}
