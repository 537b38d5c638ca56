import { join } from "node:path";
import { packageVersion } from "./package-version.ts";
import type { OpenPeer, Peer, PeerEntry } from "./peer.ts";
import type { ClassicLevel } from "classic-level";
import type { Work } from "../work.ts";

/** Entries of a batch, which is a message to another thread. */
const bulkChunk = 1000;

type Database = ClassicLevel<string, Uint8Array>;

/**
 * LevelDB. Without `sync: true` a write is durable some time later; in bulk the last one alone is synced, which
 * covers those before it. Chained batches are several times as fast as arrays of operations.
 */
export const classicLevel: Peer = {
  name: "classic-level",
  bulkWay: "chained batches, the last synced",
  async look() {
    try {
      await import("classic-level");
      return { version: packageVersion("classic-level") };
    } catch (error) {
      return { missing: `its native part doesn't load here (${(error as Error).message.split("\n")[0]})` };
    }
  },
  async open(directory) {
    const { ClassicLevel } = await import("classic-level");
    const database: Database = new ClassicLevel(join(directory, "level"), { keyEncoding: "utf8", valueEncoding: "view" });
    await database.open();
    return new OpenLevel(database);
  },
};

class OpenLevel implements OpenPeer {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async append(texts: readonly string[], work: Work): Promise<void> {
    for (let i = 0; i < texts.length; i += bulkChunk) {
      const end = Math.min(i + bulkChunk, texts.length);
      const batch = this.#database.batch();
      for (let at = i; at < end; at++) batch.put(texts[at] as string, work.value(at));
      await batch.write({ sync: end === texts.length });
    }
  }

  commit(key: string, value: Uint8Array): Promise<void> {
    return this.#database.put(key, value, { sync: true });
  }

  commitBatch(batch: readonly PeerEntry[]): Promise<void> {
    const chained = this.#database.batch();
    for (const { key, value } of batch) chained.put(key, value);
    return chained.write({ sync: true });
  }

  async readAll(): Promise<Map<string, Uint8Array>> {
    const map = new Map<string, Uint8Array>();
    const iterator = this.#database.iterator();
    for (let entries = await iterator.nextv(1000); entries.length > 0; entries = await iterator.nextv(1000)) {
      for (const [key, value] of entries) map.set(key, value);
    }
    await iterator.close();
    return map;
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}
