import { spawnSync } from "node:child_process";
import { existsSync, linkSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { dirname, join } from "node:path";
import type { Place } from "./places.ts";

/** What may stand where a file or a directory of the stack belongs. */
export interface HostileThing {
  readonly name: string;
  /** Which places of the stack it is for; all, if not given. */
  readonly fits?: ((place: Place) => boolean) | undefined;
  /** The original was moved aside. */
  readonly putAt: (path: string) => void;
  /** Takes it away and puts the original back; {@link putBack} if not given. */
  readonly takeAway?: ((path: string) => void) | undefined;
  /** Opens a door as somebody else. */
  readonly around?: (<T>(open: () => Promise<T>) => Promise<T>) | undefined;
}

/** Hostile things, and a place outside of everything that none of them may lead into. */
export interface HostileThings {
  readonly all: readonly HostileThing[];
  readonly outside: string;
  /** Why some of them are missing on this machine. */
  readonly skipped: readonly string[];
  close(): void;
}

/** Prepares them in `scratch`. */
export async function prepareThings(scratch: string): Promise<HostileThings> {
  const outside = join(scratch, "outside");
  mkdirSync(join(outside, "directory"), { recursive: true });
  writeFileSync(join(outside, "precious"), "precious");
  writeFileSync(join(outside, "directory", "precious"), "precious");
  const prepared = join(scratch, "p");
  mkdirSync(prepared);
  const skipped: string[] = [];
  const special = (name: string, file: string, isThere: boolean): HostileThing[] => {
    if (!isThere) skipped.push(`${name}: can't be made here`);
    return isThere ? [{ name, putAt: (path) => linkSync(join(prepared, file), path) }] : [];
  };
  const server = await listenAt(join(prepared, "s"));
  const link = (name: string, target: (path: string) => string): HostileThing => ({ name, putAt: (path) => symlinkSync(target(path), path) });
  const all: HostileThing[] = [
    link("a link to a file", () => join(outside, "precious")),
    link("a link to a directory", () => join(outside, "directory")),
    link("a link to nowhere", () => join(outside, "new")),
    link("a link to itself", (path) => path),
    link("a link to /dev/null", () => "/dev/null"),
    { name: "a link to what belongs there", putAt: linkToOriginal },
    ...special("a pipe", "f", spawnSync("mkfifo", [join(prepared, "f")]).status === 0),
    ...special("a device", "d", spawnSync("mknod", [join(prepared, "d"), "c", "1", "3"]).status === 0),
    ...special("a socket", "s", existsSync(join(prepared, "s"))),
    { name: "an empty directory", fits: isNoPlaceOfItsOwn, putAt: (path) => mkdirSync(path) },
    { name: "a directory with files in it", fits: isNoPlaceOfItsOwn, putAt: fullDirectory },
    { name: "an empty file", putAt: (path) => writeFileSync(path, "") },
    { name: "a file of something else", putAt: (path) => writeFileSync(path, "something else ".repeat(50)) },
  ];
  return { all, outside, skipped, close: () => void server.close() };
}

/** In place of a log's or a manager's whole directory, a directory is where a new one begins. */
const isNoPlaceOfItsOwn = ({ isStart }: Place): boolean => !isStart;

/** Where the original went that a hostile thing replaces. */
export const asideOf = (path: string): string => `${path}.aside`;

export function moveAside(path: string): void {
  if (existsSync(path)) renameSync(path, asideOf(path));
}

/** The most tempting one: whoever follows it finds all as it should be. */
function linkToOriginal(path: string): void {
  symlinkSync(asideOf(path), path);
}

/** Takes the thing away, and puts back what stood there, where its directory still is. */
export function putBack(path: string): void {
  rmSync(path, { recursive: true, force: true });
  if (existsSync(asideOf(path)) && existsSync(dirname(path))) renameSync(asideOf(path), path);
}

function fullDirectory(path: string): void {
  mkdirSync(path);
  writeFileSync(join(path, "notes"), "notes");
}

function listenAt(path: string): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on("error", () => resolve(server));
    server.listen(path, () => resolve(server));
    server.unref();
  });
}
