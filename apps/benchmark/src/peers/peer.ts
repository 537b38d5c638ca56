import type { Work } from "../work.ts";

/**
 * A store that the log is measured against. Keys are texts of letters and digits, the form that all peers document first; values are
 * bytes. Everything that settles is durable then, by the setting that the peer documents for it.
 */
export interface Peer {
  /** As the tables name it. */
  readonly name: string;
  /** Its fastest documented way to write everything with one sync at the end. */
  readonly bulkWay: string;
  /** Which version runs here, or why none does. */
  look(): Promise<{ readonly version: string } | { readonly missing: string }>;
  /** Opens the store of an existing directory, or makes one. */
  open(directory: string): Promise<OpenPeer>;
}

export interface OpenPeer {
  /** All entries, by `bulkWay`. */
  append(texts: readonly string[], work: Work): Promise<void>;
  /** One entry, as the documentation says. */
  commit(key: string, value: Uint8Array): Promise<unknown>;
  /** Several as one unit. */
  commitBatch(batch: readonly PeerEntry[]): Promise<void>;
  /** Everything that is there. */
  readAll(): Promise<Map<string, Uint8Array>>;
  close(): Promise<void>;
}

export interface PeerEntry {
  readonly key: string;
  readonly value: Uint8Array;
}
