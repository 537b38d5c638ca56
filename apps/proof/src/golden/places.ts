/** Where a golden directory is mounted, and what is in it. */
export const DIRECTORY = "/data";
export const LOG: string = `${DIRECTORY}/log`;
export const CHECKPOINTS: string = `${DIRECTORY}/checkpoints`;

/** Content of each file by its path on the simulated disk. */
export type Files = ReadonlyMap<string, Uint8Array>;

/** A lock's entries say who had it, and nothing about what is held. */
export const isLock = (path: string): boolean => path.includes("/LOCK");

export const segmentsIn = (files: Files): readonly string[] => [...files.keys()].filter((path) => /\/log\/[0-9a-f]{16}\.wal$/.test(path)).sort();
