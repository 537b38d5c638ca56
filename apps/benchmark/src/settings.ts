/** What is measured: the same for every contestant of a run. */
export interface Settings {
  readonly entries: number;
  readonly keyBytes: number;
  readonly valueBytes: number;
  /** How long the committers of one sample work, in milliseconds. */
  readonly commitMs: number;
  /** A directory in which `better-sqlite3` was installed, for a Node.js without `node:sqlite`. */
  readonly betterSqlite3?: string | undefined;
}

/** The work that the goals and the published numbers are about. */
export const standardSettings: Settings = { entries: 1_000_000, keyBytes: 16, valueBytes: 100, commitMs: 500 };

/** What a process does before its sample: fewer entries. */
export function warmUp(settings: Settings): Settings {
  return { ...settings, entries: Math.ceil(settings.entries / 20) };
}
