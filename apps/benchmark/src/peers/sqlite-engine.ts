import { createRequire } from "node:module";
import { join } from "node:path";

/** What `node:sqlite` and `better-sqlite3` have in common, as far as it is needed. */
export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

export interface Statement {
  run(...values: readonly unknown[]): unknown;
  get(): unknown;
  iterate(): Iterable<unknown>;
}

export interface Engine {
  readonly name: string;
  open(file: string): Database;
}

type Constructor = new (file: string) => Database;

/** The one that Node.js has, or else `better-sqlite3` out of `directory`, where it was installed by hand: that takes minutes where it is compiled. */
export async function findEngine(directory: string | undefined): Promise<Engine | { readonly missing: string }> {
  const builtIn = await loadBuiltIn();
  if (builtIn !== undefined) return { name: "node:sqlite", open: (file) => new builtIn(file) };
  if (directory === undefined) return { missing: `Node.js ${process.version} has no node:sqlite. Run it with Node.js 22.5 or newer, or install better-sqlite3 somewhere and name that directory with --better-sqlite3` };
  try {
    const Installed = createRequire(join(directory, "resolve.cjs"))("better-sqlite3") as Constructor;
    return { name: "better-sqlite3", open: (file) => new Installed(file) };
  } catch (error) {
    return { missing: `better-sqlite3 doesn't load from ${directory} (${(error as Error).message.split("\n")[0]})` };
  }
}

async function loadBuiltIn(): Promise<Constructor | undefined> {
  // Not a literal: older Node.js, and the types of the oldest one that is supported, don't know it.
  const name = "node:sqlite";
  const found = (await import(name).catch(() => undefined)) as { readonly DatabaseSync: Constructor } | undefined;
  return found?.DatabaseSync;
}
