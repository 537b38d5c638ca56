import type { Disk } from "@laminar/disk";

export const lives: readonly ((disk: Disk, directory: string) => Promise<void>)[];
