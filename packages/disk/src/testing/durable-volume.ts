import { DirectoryNode, type Node, type Slot } from "./directory-node.ts";
import { FileNode } from "./file-node.ts";
import { FileState } from "./file-state.ts";
import { Sector, sectorCount, sectorSize } from "./sector.ts";
import { namesOf, plainPath } from "./volume-path.ts";
import { Volume } from "./volume.ts";

interface Contained {
  readonly path: string;
  readonly state: FileState;
}

/** A volume all of which is durable. A directory comes before what it holds. */
export function durableVolume(directories: Iterable<string>, files: Iterable<Contained>): Volume {
  const root = new DirectoryNode();
  const made = new Map([["", { node: root, slots: new Map<string, Slot>() }]]);
  const put = (path: string, node: Node): void => {
    const cut = path.lastIndexOf("/");
    const name = path.slice(cut + 1);
    const parent = made.get(path.slice(0, cut));
    parent?.node.entries.set(name, node);
    parent?.slots.set(name, { node, change: -1 });
  };
  for (const path of directories) {
    if (path === "/") continue;
    const node = new DirectoryNode();
    put(path, node);
    made.set(path, { node, slots: new Map() });
  }
  // Below every change that the volume will count.
  let created = -1;
  for (const { path, state } of files) put(path, FileNode.durable(state, created--));
  for (const { node, slots } of made.values()) node.durable = slots;
  return new Volume(root);
}

/** A volume of these files, in the directories that their paths name. */
export function volumeOf(files: ReadonlyMap<string, Uint8Array>): Volume {
  const directories = new Set<string>();
  const contained = new Map<string, Contained>();
  for (const [given, bytes] of files) {
    const path = plainPath(given);
    if (path === "/") throw new RangeError(`${JSON.stringify(given)} is no path of a file.`);
    if (!(bytes instanceof Uint8Array)) throw new TypeError(`The content of ${path} must be a Uint8Array.`);
    if (contained.has(path)) throw new RangeError(`${path} is given twice.`);
    let above = "";
    for (const name of namesOf(path).slice(0, -1)) directories.add((above += `/${name}`));
    contained.set(path, { path, state: new FileState(bytes.length, sectorsOf(bytes)) });
  }
  for (const path of directories) if (contained.has(path)) throw new RangeError(`${path} can't be a file and hold others.`);
  return durableVolume(directories, contained.values());
}

function sectorsOf(bytes: Uint8Array): Sector[] {
  const sectors: Sector[] = [];
  const whole = new Uint8Array(sectorCount(bytes.length) * sectorSize);
  whole.set(bytes);
  for (let at = 0; at < whole.length; at += sectorSize) sectors.push(new Sector(whole.subarray(at, at + sectorSize)));
  return sectors;
}
