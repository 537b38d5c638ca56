import { execFileSync } from "node:child_process";
import { closeSync, fsyncSync, openSync, readdirSync, writeSync } from "node:fs";
import { join } from "node:path";

/** A file beside the workload's, durable from the beginning. */
export const UNRELATED = "unrelated";

type Action = (root: string, random: () => number) => void;

function syncPath(path: string): void {
  const descriptor = openSync(path, "r");
  fsyncSync(descriptor);
  closeSync(descriptor);
}

export function changeUnrelated(root: string): void {
  const descriptor = openSync(join(root, UNRELATED), "a");
  writeSync(descriptor, ".");
  fsyncSync(descriptor);
  closeSync(descriptor);
}

const pathsBelow = (root: string, isWanted: (entry: { isFile(): boolean; isDirectory(): boolean }) => boolean): readonly string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true }).filter(isWanted).map(({ parentPath, name }) => join(parentPath, name));

function onOne(paths: readonly string[], random: () => number, act: (path: string) => void): void {
  const path = paths[Math.floor(random() * paths.length)];
  if (path !== undefined) act(path);
}

/** What a kernel, or another program, may bring to the device at any moment, each by itself. */
const ACTIONS: Readonly<Record<string, Action>> = {
  /** The journal: names and lengths so far, without the data that no block was given yet. */
  journal: changeUnrelated,
  /** The data of one file, without the journal: a file whose pages are to be dropped is written first. */
  data: (root, random) =>
    onOne(pathsBelow(root, (entry) => entry.isFile()), random, (path) => {
      execFileSync("dd", [`if=${path}`, "of=/dev/null", "iflag=nocache", "count=0", "status=none"]);
    }),
  file: (root, random) => onOne(pathsBelow(root, (entry) => entry.isFile()), random, syncPath),
  directory: (root, random) => onOne(pathsBelow(root, (entry) => entry.isDirectory()), random, syncPath),
  everything: (root) => void execFileSync("sync", ["-f", root]),
};

/** How often of a hundred each is done. Mostly nothing is, so that something is left to be lost. */
const SHARES: readonly (readonly [keyof typeof ACTIONS, number])[] = [["journal", 14], ["data", 14], ["file", 6], ["directory", 3], ["everything", 2]];

/** Brings a part of what is unsynced to the device, or nothing, by chance; whether it did. */
export function writeBackSome(root: string, random: () => number): boolean {
  const chosen = SHARES.filter(([, share]) => random() * 100 < share);
  for (const [name] of chosen) ACTIONS[name]?.(root, random);
  return chosen.length > 0;
}
