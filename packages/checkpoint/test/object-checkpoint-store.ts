import { crc32 } from "@laminar/disk/checksum";
import { CheckpointError, type CheckpointStore, type StoreLock } from "../src/index.ts";
import { METADATA_BYTES_MAX } from "../src/metadata-format.ts";
import { checkChunk, checkId, checkIds, checkMetadata, checkPublication } from "../src/store-arguments.ts";
import { type ListedObject, type ObjectClient, ObjectStoreError } from "./object-store.ts";

const ATTEMPTS = 3;
const CHUNK_BYTES = 64 * 1024;
const TOMBSTONE = new Uint8Array(0);

export interface ObjectStoreSettings {
  /** Milliseconds, for the lease. */
  readonly now: () => number;
  readonly leaseMilliseconds: number;
  /** Different for every owner. */
  readonly owner: string;
  /** How long a request that was given up may still arrive, by the bucket's clock. */
  readonly grace: number;
}

/** What a listing says of one id. */
interface Names {
  metadata: ListedObject | undefined;
  state: ListedObject | undefined;
}

interface Listing {
  readonly byId: ReadonlyMap<number, Names>;
  readonly ignored: readonly string[];
  readonly now: number;
}

/** The mapping of `STORES.md`: two objects an id, `<id>/state` and `<id>/metadata`, of which the second decides. */
class ObjectCheckpointStore implements CheckpointStore {
  readonly location = "bucket";
  readonly #client: ObjectClient;
  readonly #settings: ObjectStoreSettings;
  /** Ids whose publish was given up without an answer. */
  readonly #undecided = new Set<number>();

  constructor(client: ObjectClient, settings: ObjectStoreSettings) {
    this.#client = client;
    this.#settings = settings;
  }

  locate(id: number, part: "metadata" | "state"): string {
    return `${id.toString(16).padStart(16, "0")}/${part}`;
  }

  async lock(): Promise<StoreLock> {
    const { now, owner } = this.#settings;
    const { entries } = await this.#listAll("lock/");
    const newest = entries.at(-1);
    const number = newest === undefined ? 0 : Number.parseInt(newest.key.slice("lock/".length), 16);
    if (newest !== undefined && ((await this.#lease(newest.key))?.until ?? 0) > now()) {
      throw new CheckpointError("CHECKPOINT_LOCKED", `${newest.key} has an owner: close it, or wait for the end of its lease`);
    }
    const key = `lock/${(number + 1).toString(16).padStart(16, "0")}`;
    if (!(await this.#putOnce(key, this.#leaseFrom(now())))) throw new CheckpointError("CHECKPOINT_LOCKED", `${key} has another owner`);
    for (const { key: old } of entries) await this.#ask(() => this.#client.delete(old)).catch(() => undefined);
    let released = false;
    return {
      held: async () => {
        if (released || (await this.#listAll(key)).entries.length !== 1) return false;
        if ((await this.#listAll("lock/")).entries.at(-1)?.key !== key) return false;
        const lease = await this.#lease(key);
        if (lease?.owner !== owner || lease.until <= now()) return false;
        await this.#ask(() => this.#client.put(key, this.#leaseFrom(now())));
        return true;
      },
      release: async () => {
        if (released) return;
        released = true;
        // Ended, not deleted: its number must never be another's, because a request that is still on its way has it.
        await this.#ask(() => this.#client.put(key, this.#leaseFrom(-Infinity)));
      },
    };
  }

  #leaseFrom(now: number): Uint8Array {
    const { owner, leaseMilliseconds } = this.#settings;
    return new TextEncoder().encode(JSON.stringify({ owner, until: Math.max(0, now + leaseMilliseconds) }));
  }

  async #lease(key: string): Promise<{ readonly owner: string; readonly until: number } | undefined> {
    const body = await this.#ask(() => this.#client.get(key));
    return body && (JSON.parse(new TextDecoder().decode(body)) as { owner: string; until: number });
  }

  async list(): ReturnType<CheckpointStore["list"]> {
    const listing = await this.#listing();
    const published = (id: number, { metadata }: Names): boolean => metadata !== undefined && metadata.size > 0 && !this.#undecided.has(id);
    const ids = [...listing.byId].filter(([id, names]) => published(id, names)).map(([id]) => id);
    const highestId = Math.max(0, ...listing.byId.keys());
    const leftovers = [...listing.byId]
      .filter(([id, names]) => !published(id, names) && (names.state !== undefined || this.#mayForget(id, names, highestId, listing.now)))
      .map(([id]) => this.locate(id, "state"));
    return { exists: true, ids: ids.sort((a, b) => a - b), highestId, leftovers, ignored: listing.ignored };
  }

  /** A tombstone keeps late requests out, and the highest id known. */
  #mayForget(id: number, { metadata }: Names, highestId: number, now: number): boolean {
    return metadata !== undefined && id !== highestId && now - metadata.modified > this.#settings.grace;
  }

  async readMetadata(id: number): Promise<Uint8Array> {
    await this.#requirePublished(id);
    const body = await this.#ask(() => this.#client.get(this.locate(id, "metadata")), id);
    if (body !== undefined && body.length > 0) return body;
    throw this.#notFound(id);
  }

  async *readState(id: number): AsyncGenerator<Uint8Array, void, undefined> {
    await this.#requirePublished(id);
    const key = this.locate(id, "state");
    const body = await this.#ask(() => this.#client.get(key), id);
    if (!body) throw await this.#missing(id);
    for (let at = 0; at < body.length; at += CHUNK_BYTES) yield body.slice(at, at + CHUNK_BYTES);
  }

  async revision(id: number): Promise<string> {
    await this.#requirePublished(id);
    const found = await this.#ask(() => this.#client.head(this.locate(id, "state")), id);
    if (!found) throw await this.#missing(id);
    return found.etag;
  }

  async #requirePublished(id: number): Promise<void> {
    checkId(id);
    const key = this.locate(id, "metadata");
    const found = await this.#ask(() => this.#client.head(key), id);
    if (found === undefined || found.size === 0 || this.#undecided.has(id)) throw this.#notFound(id);
    if (found.size > METADATA_BYTES_MAX) throw new CheckpointError("CHECKPOINT_CORRUPT", `${key}: ${found.size} bytes are too many`, { id, file: key });
  }

  #notFound(id: number): CheckpointError {
    return new CheckpointError("CHECKPOINT_NOT_FOUND", `there is no checkpoint ${id}`, { id });
  }

  /** Withdrawn in between, or damaged. */
  async #missing(id: number): Promise<CheckpointError> {
    await this.#requirePublished(id);
    const file = this.locate(id, "state");
    return new CheckpointError("CHECKPOINT_CORRUPT", `${file} is missing`, { id, file });
  }

  async publish(...[id, state, describe]: Parameters<CheckpointStore["publish"]>): Promise<void> {
    checkPublication(id, state, describe);
    const folder = this.locate(id, "state").slice(0, -"state".length);
    if ((await this.#listAll(folder)).entries.length > 0) throw this.#exists(id);
    const body = await collected(state);
    const metadata = describe({ size: body.length, checksum: crc32(body) });
    checkMetadata(metadata);
    if (!(await this.#putOnce(this.locate(id, "state"), body, id))) throw this.#exists(id);
    try {
      if (!(await this.#putOnce(this.locate(id, "metadata"), metadata, id))) throw this.#exists(id);
      // Whoever swept the state while the metadata were under way has taken the id out of use.
      if ((await this.#ask(() => this.#client.head(this.locate(id, "state")), id)) === undefined) throw this.#exists(id);
    } catch (error) {
      this.#undecided.add(id);
      await this.#takeBack(id).catch(() => undefined);
      throw error;
    }
  }

  #exists(id: number): CheckpointError {
    return new CheckpointError("CHECKPOINT_EXISTS", `the id ${id} is taken`, { id });
  }

  /** Decides an id whose publish was reported as failed: its state was this store's, so nobody else has published it. */
  async #takeBack(id: number): Promise<void> {
    await this.#ask(() => this.#client.put(this.locate(id, "metadata"), TOMBSTONE), id);
    this.#undecided.delete(id);
  }

  async withdraw(ids: readonly number[]): Promise<void> {
    checkIds(ids);
    const { ids: published } = await this.list();
    const failures: unknown[] = [];
    for (const id of new Set(ids)) {
      // A tombstone, not a delete: a second try of its publish may still be on its way.
      if (!published.includes(id)) continue;
      const withdrawn = this.#ask(() => this.#client.put(this.locate(id, "metadata"), TOMBSTONE), id);
      await withdrawn.catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  async sweep(): Promise<void> {
    const failures: unknown[] = [];
    for (const id of this.#undecided) await this.#takeBack(id).catch((error: unknown) => failures.push(error));
    const { byId, now } = await this.#listing();
    const highestId = Math.max(0, ...byId.keys());
    for (const [id, names] of byId) {
      if (this.#undecided.has(id) || (names.metadata !== undefined && names.metadata.size > 0)) continue;
      await this.#remove(id, names, this.#mayForget(id, names, highestId, now)).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  async #remove(id: number, { metadata, state }: Names, mayForget: boolean): Promise<void> {
    // The put decides: from here on nobody publishes it any more, or somebody has already.
    if (metadata === undefined && !(await this.#putOnce(this.locate(id, "metadata"), TOMBSTONE, id))) return;
    if (state !== undefined) await this.#ask(() => this.#client.delete(this.locate(id, "state")), id);
    if (mayForget) await this.#ask(() => this.#client.delete(this.locate(id, "metadata")), id);
  }

  async #listing(): Promise<Listing> {
    const { entries, now } = await this.#listAll("");
    const byId = new Map<number, Names>();
    const ignored: string[] = [];
    for (const entry of entries) {
      const match = /^([0-9a-f]{16})\/(metadata|state)$/.exec(entry.key);
      const id = Number.parseInt(match?.[1] ?? "", 16);
      if (match && Number.isSafeInteger(id) && id > 0) {
        const names = byId.get(id) ?? { metadata: undefined, state: undefined };
        names[match[2] === "metadata" ? "metadata" : "state"] = entry;
        byId.set(id, names);
      } else if (!entry.key.startsWith("lock/")) ignored.push(entry.key);
    }
    return { byId, ignored, now };
  }

  async #listAll(prefix: string): Promise<{ readonly entries: readonly ListedObject[]; readonly now: number }> {
    const entries: ListedObject[] = [];
    for (let after = ""; ; ) {
      const page = await this.#ask(() => this.#client.list(prefix, after));
      entries.push(...page.entries);
      if (page.next === undefined) return { entries, now: page.now };
      after = page.next;
    }
  }

  /** Whether the key has `body` by this call. A lost answer is asked for again: then what stands there tells whose it is. */
  async #putOnce(key: string, body: Uint8Array, id?: number): Promise<boolean> {
    let unanswered = false;
    const isPut = await this.#ask(async () => {
      try {
        return await this.#client.putIfAbsent(key, body);
      } catch (error) {
        unanswered = true;
        throw error;
      }
    }, id);
    if (isPut || !unanswered) return isPut;
    const found = await this.#ask(() => this.#client.get(key), id);
    return found !== undefined && equal(found, body);
  }

  /** Everything that is asked here may be asked again. */
  async #ask<T>(request: () => Promise<T>, id?: number): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await request();
      } catch (error) {
        if (!(error instanceof ObjectStoreError)) throw error;
        if (attempt === ATTEMPTS) throw new CheckpointError("CHECKPOINT_IO", error.message, { id, cause: error });
      }
    }
  }
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

/** A real one sends parts of a multipart upload instead. */
async function collected(state: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of state) {
    checkChunk(chunk);
    chunks.push(chunk.slice());
  }
  const body = new Uint8Array(chunks.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}

export function objectCheckpointStore(client: ObjectClient, settings: ObjectStoreSettings): CheckpointStore {
  return new ObjectCheckpointStore(client, settings);
}
