import { classicLevel } from "./classic-level.ts";
import { lmdb } from "./lmdb.ts";
import type { Peer } from "./peer.ts";
import { sqlite } from "./sqlite.ts";
import type { Settings } from "../settings.ts";

/** Add a peer here, and in a file of its own. */
export function allPeers({ betterSqlite3 }: Settings): readonly Peer[] {
  return [lmdb, sqlite(betterSqlite3), classicLevel];
}

export interface FoundPeers {
  readonly peers: readonly Peer[];
  /** Name and version of each. */
  readonly versions: readonly string[];
  /** Which ones don't run, and why. */
  readonly missing: readonly string[];
}

export async function findPeers(settings: Settings): Promise<FoundPeers> {
  const peers: Peer[] = [];
  const versions: string[] = [];
  const missing: string[] = [];
  for (const peer of allPeers(settings)) {
    const found = await peer.look();
    if ("missing" in found) missing.push(`${peer.name} did not run: ${found.missing}`);
    else {
      peers.push(peer);
      versions.push(`${peer.name} ${found.version}`);
    }
  }
  return { peers, versions, missing };
}
