import { join } from "node:path";
import type { OpenPeer, Peer, PeerEntry } from "./peer.ts";
import { type Database, findEngine, type Statement } from "./sqlite-engine.ts";
import type { Work } from "../work.ts";

/** A table that rows are added to at its end, which is SQLite's best case. All of its calls hold up the event loop until they are done. */
export function sqlite(betterSqlite3: string | undefined): Peer {
  const findOrThrow = async () => {
    const engine = await findEngine(betterSqlite3);
    if ("missing" in engine) throw new Error(engine.missing);
    return engine;
  };
  return {
    name: "SQLite",
    bulkWay: "one transaction",
    async look() {
      const engine = await findEngine(betterSqlite3);
      if ("missing" in engine) return engine;
      const database = engine.open(":memory:");
      const { version } = database.prepare("select sqlite_version() as version").get() as { version: string };
      database.close();
      return { version: `${version}, ${engine.name}, WAL, synchronous=FULL` };
    },
    async open(directory) {
      const engine = await findOrThrow();
      return new OpenSqlite(openDurable(engine.open(join(directory, "data.sqlite"))));
    },
  };
}

/** In WAL mode only `synchronous=FULL` syncs each commit. */
function openDurable(database: Database): Database {
  database.exec("pragma journal_mode = WAL");
  database.exec("create table if not exists log (lsn integer primary key, key text not null, value blob not null)");
  // After the first statement: better-sqlite3 sets NORMAL for a database in WAL mode when it begins to use it.
  database.exec("pragma synchronous = FULL");
  const { journal_mode } = database.prepare("pragma journal_mode").get() as { journal_mode: string };
  const { synchronous } = database.prepare("pragma synchronous").get() as { synchronous: number };
  if (journal_mode !== "wal" || synchronous !== 2) throw new Error(`SQLite answers journal_mode ${journal_mode} and synchronous ${synchronous}: its commits would not be durable`);
  return database;
}

class OpenSqlite implements OpenPeer {
  readonly #database: Database;
  readonly #insert: Statement;

  constructor(database: Database) {
    this.#database = database;
    this.#insert = database.prepare("insert into log (key, value) values (?, ?)");
  }

  async append(texts: readonly string[], work: Work): Promise<void> {
    this.#database.exec("begin");
    for (let i = 0; i < texts.length; i++) this.#insert.run(texts[i], work.value(i));
    this.#database.exec("commit");
  }

  async commit(key: string, value: Uint8Array): Promise<void> {
    this.#insert.run(key, value);
  }

  async commitBatch(batch: readonly PeerEntry[]): Promise<void> {
    this.#database.exec("begin");
    for (const { key, value } of batch) this.#insert.run(key, value);
    this.#database.exec("commit");
  }

  async readAll(): Promise<Map<string, Uint8Array>> {
    const map = new Map<string, Uint8Array>();
    for (const row of this.#database.prepare("select key, value from log order by lsn").iterate()) {
      const { key, value } = row as { key: string; value: Uint8Array };
      map.set(key, value);
    }
    return map;
  }

  async close(): Promise<void> {
    this.#database.close();
  }
}
