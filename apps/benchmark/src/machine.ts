import { statfs } from "node:fs/promises";
import { cpus, totalmem, tmpdir } from "node:os";
import type { Places } from "./run/run-rounds.ts";

const memoryDirectory = "/dev/shm";
const tmpfs = 0x0102_1994;
const fileSystems: ReadonlyMap<number, string> = new Map([[0xef53, "ext4"], [tmpfs, "tmpfs"], [0x5846_5342, "xfs"], [0x9123_683e, "btrfs"], [0x794c_7630, "overlay"], [0x2fc1_2fc1, "zfs"]]);

async function fileSystemOf(directory: string): Promise<number | undefined> {
  return statfs(directory).then(({ type }) => type >>> 0, () => undefined);
}

/** Bun says that it is a Node.js too. */
export const runtime: string = process.versions.bun === undefined ? `Node.js ${process.version}` : `Bun ${process.versions.bun}`;

/** What the numbers are about. */
export interface Machine {
  /** Name and version of what runs this. */
  readonly runtime: string;
  readonly processors: string;
  readonly memoryBytes: number;
  readonly directory: string;
  readonly fileSystem: string;
  /** Where the rows with free syncs work; `undefined` when no file system in memory was found. */
  readonly memoryDirectory: string | undefined;
}

export async function lookAtMachine(directory: string = tmpdir()): Promise<Machine> {
  const type = await fileSystemOf(directory);
  const hasMemory = (await fileSystemOf(memoryDirectory)) === tmpfs;
  return {
    runtime,
    processors: `${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown"}`,
    memoryBytes: totalmem(),
    directory,
    fileSystem: type === undefined ? "unknown" : (fileSystems.get(type) ?? `type 0x${type.toString(16)}`),
    memoryDirectory: hasMemory ? memoryDirectory : undefined,
  };
}

export const placesOf = ({ directory, memoryDirectory: memory }: Machine): Places => ({ disk: directory, memory: memory ?? directory });
