import { join } from "node:path";
import { packageVersion } from "./package-version.ts";
import type { OpenPeer, Peer, PeerEntry } from "./peer.ts";
import type { Work } from "../work.ts";

/** What is used of it. Its own types don't compile in a module, so it is loaded without them. */
interface Lmdb {
  readonly open: (options: { readonly path: string; readonly encoding: "binary" }) => Database;
}

interface Database {
  readonly flushed: Promise<unknown>;
  put(key: string, value: Uint8Array): Promise<boolean>;
  transactionSync(action: () => void): void;
  batch(action: () => void): Promise<unknown>;
  getRange(): Iterable<{ readonly key: string; readonly value: Uint8Array }>;
  close(): Promise<void>;
}

const load = async (name: string): Promise<Lmdb> => (await import(name)) as Lmdb;

/** Keys in its default encoding, values as they are. `put` resolves once the entry is flushed, as its documentation says. */
export const lmdb: Peer = {
  name: "lmdb",
  bulkWay: "one transaction",
  async look() {
    try {
      await load("lmdb");
      return { version: packageVersion("lmdb") };
    } catch (error) {
      return { missing: `its native part doesn't load here (${(error as Error).message.split("\n")[0]})` };
    }
  },
  async open(directory) {
    const { open } = await load("lmdb");
    return new OpenLmdb(open({ path: join(directory, "data.mdb"), encoding: "binary" }));
  },
};

class OpenLmdb implements OpenPeer {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async append(texts: readonly string[], work: Work): Promise<void> {
    const database = this.#database;
    database.transactionSync(() => {
      for (let i = 0; i < texts.length; i++) void database.put(texts[i] as string, work.value(i));
    });
    await database.flushed;
  }

  commit(key: string, value: Uint8Array): Promise<boolean> {
    return this.#database.put(key, value);
  }

  async commitBatch(batch: readonly PeerEntry[]): Promise<void> {
    await this.#database.batch(() => {
      for (const { key, value } of batch) void this.#database.put(key, value);
    });
  }

  async readAll(): Promise<Map<string, Uint8Array>> {
    const map = new Map<string, Uint8Array>();
    for (const { key, value } of this.#database.getRange()) map.set(key, value);
    return map;
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}
