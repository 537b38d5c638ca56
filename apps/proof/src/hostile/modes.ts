import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, cpSync, existsSync, lstatSync, mkdirSync, readdirSync, renameSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { asideOf, type HostileThing } from "./things.ts";

/** A user without rights of its own. */
const NOBODY = 65_534;

const isRoot = (): boolean => process.geteuid?.() === 0;

/** A directory and all that is in it. */
export function giveToNobody(path: string): void {
  chownSync(path, NOBODY, NOBODY);
  if (lstatSync(path).isDirectory()) for (const name of readdirSync(path)) giveToNobody(join(path, name));
}

/** Nothing bites root; so the door is opened as somebody whom modes concern. */
async function asNobody<T>(open: () => Promise<T>): Promise<T> {
  process.setegid?.(NOBODY);
  process.seteuid?.(NOBODY);
  try {
    return await open();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}

/** The original stays where it is, and may be used less than it should be. */
function withMode(name: string, mode: number): HostileThing {
  return {
    name,
    fits: ({ exists }) => exists,
    putAt(path) {
      renameSync(asideOf(path), path);
      chmodSync(path, mode);
    },
    // The stack may have let it go by itself: an old segment, a withdrawn checkpoint.
    takeAway: (path) => void (existsSync(path) && chmodSync(path, 0o755)),
    around: asNobody,
  };
}

const ownedByRoot: HostileThing = {
  name: "the original, owned by another user",
  fits: ({ exists }) => exists,
  putAt(path) {
    renameSync(asideOf(path), path);
    chownSync(path, 0, 0);
    chmodSync(path, lstatSync(path).isDirectory() ? 0o755 : 0o644);
  },
  takeAway: () => undefined,
  around: asNobody,
};

const mounted = (...options: readonly string[]): boolean => spawnSync("mount", options).status === 0;

const readOnly: HostileThing = {
  name: "a read-only file system",
  fits: ({ path }) => path === "" || path === "log" || path === "checkpoints",
  putAt(path) {
    mkdirSync(path);
    mounted("-t", "tmpfs", "none", path);
    cpSync(asideOf(path), path, { recursive: true });
    mounted("-o", "remount,ro", path);
  },
  takeAway(path) {
    spawnSync("umount", [path]);
    rmdirSync(path);
    renameSync(asideOf(path), path);
  },
};

function canMount(scratch: string): boolean {
  const place = join(scratch, "mount");
  mkdirSync(place);
  const isMounted = mounted("-t", "tmpfs", "none", place);
  if (isMounted) spawnSync("umount", [place]);
  rmdirSync(place);
  return isMounted;
}

/** What takes rights away, as far as this process may do that. */
export function prepareModes(scratch: string): { readonly all: readonly HostileThing[]; readonly skipped: readonly string[] } {
  if (!isRoot()) return { all: [], skipped: ["modes, owners and a read-only file system: only root can prepare them"] };
  chmodSync(scratch, 0o755);
  const modes = [withMode("the original, with no rights at all", 0), withMode("the original, to be read only", 0o444), withMode("the original, to be read and entered only", 0o555), ownedByRoot];
  const mountable = canMount(scratch);
  return { all: mountable ? [...modes, readOnly] : modes, skipped: mountable ? [] : ["a read-only file system: nothing can be mounted here"] };
}
