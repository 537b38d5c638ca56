/** What one request is about. */
export interface ObjectRequest {
  readonly kind: "put" | "putIfAbsent" | "get" | "head" | "delete" | "list";
  readonly key: string;
}

/** What happens to a request instead of what it asked for. */
export type Fate =
  /** Fails before it takes effect. */
  | "refused"
  /** Takes effect; the answer is lost. */
  | "cut off"
  /** The answer is lost now, and it takes effect after so many further requests. */
  | { readonly lateBy: number };

/** A request failed, and nobody knows whether it took effect. */
export class ObjectStoreError extends Error {
  override readonly name = "ObjectStoreError";
}

interface StoredObject {
  readonly body: Uint8Array;
  readonly etag: string;
  /** When it was put, by the bucket's clock, which counts requests. */
  readonly modified: number;
}

export interface ListedObject {
  readonly key: string;
  readonly size: number;
  readonly modified: number;
}

export interface ListedKeys {
  readonly entries: readonly ListedObject[];
  /** The bucket's clock, which a response carries. */
  readonly now: number;
  /** Where the next page begins; `undefined` at the end. */
  readonly next: string | undefined;
}

/** Keys and bodies, all requests strongly consistent, as in S3. */
export class SimulatedBucket {
  readonly objects = new Map<string, StoredObject>();
  readonly #late: { readonly due: number; readonly effect: () => void }[] = [];
  #requests = 0;
  #puts = 0;

  /** One request has come: those that were on their way for long enough arrive before it. */
  arrive(): void {
    this.#requests += 1;
    for (const late of this.#late.filter(({ due }) => due <= this.#requests)) {
      this.#late.splice(this.#late.indexOf(late), 1);
      late.effect();
    }
  }

  delay(requests: number, effect: () => void): void {
    this.#late.push({ due: this.#requests + requests, effect });
  }

  put(key: string, body: Uint8Array): void {
    this.#puts += 1;
    this.objects.set(key, { body: body.slice(), etag: `"${this.#puts}"`, modified: this.#requests });
  }

  /** False when the key has an object. */
  putIfAbsent(key: string, body: Uint8Array): boolean {
    if (this.objects.has(key)) return false;
    this.put(key, body);
    return true;
  }

  list(prefix: string, after: string): ListedKeys {
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
    // A page is small, so that every listing of a test has several.
    const page = keys.slice(0, 3);
    const entries = page.flatMap((key) => {
      const found = this.objects.get(key);
      return found ? [{ key, size: found.body.length, modified: found.modified }] : [];
    });
    return { entries, now: this.#requests, next: keys.length > page.length ? page.at(-1) : undefined };
  }
}

/** One program's way to a bucket: requests can fail, be cut off, come late, and the program can die. */
export class ObjectClient {
  readonly requests: ObjectRequest[] = [];
  readonly #bucket: SimulatedBucket;
  readonly #turn: ((request: ObjectRequest) => Promise<void>) | undefined;
  #decide: ((request: ObjectRequest, index: number) => Fate | undefined) | undefined;
  #diesAt = Infinity;

  /** `turn` is awaited before each request takes effect: who waits there lets others go first. */
  constructor(bucket: SimulatedBucket, turn?: (request: ObjectRequest) => Promise<void>) {
    this.#bucket = bucket;
    this.#turn = turn;
  }

  plan(decide: ((request: ObjectRequest, index: number) => Fate | undefined) | undefined): void {
    this.#decide = decide;
  }

  /** The program is gone from its request `index` on. */
  dieAt(index: number): void {
    this.#diesAt = index;
  }

  async put(key: string, body: Uint8Array): Promise<void> {
    await this.#request({ kind: "put", key }, () => this.#bucket.put(key, body));
  }

  /** False when the key has an object (412 of `If-None-Match: *`). */
  putIfAbsent(key: string, body: Uint8Array): Promise<boolean> {
    return this.#request({ kind: "putIfAbsent", key }, () => this.#bucket.putIfAbsent(key, body));
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return this.#request({ kind: "get", key }, () => this.#bucket.objects.get(key)?.body.slice());
  }

  head(key: string): Promise<{ readonly size: number; readonly etag: string } | undefined> {
    return this.#request({ kind: "head", key }, () => {
      const found = this.#bucket.objects.get(key);
      return found && { size: found.body.length, etag: found.etag };
    });
  }

  /** Of nothing, too. */
  async delete(key: string): Promise<void> {
    await this.#request({ kind: "delete", key }, () => void this.#bucket.objects.delete(key));
  }

  /** One page of the keys after `after`. */
  list(prefix: string, after: string): Promise<ListedKeys> {
    return this.#request({ kind: "list", key: prefix }, () => this.#bucket.list(prefix, after));
  }

  async #request<T>(request: ObjectRequest, effect: () => T): Promise<T> {
    await Promise.resolve();
    await this.#turn?.(request);
    const index = this.requests.length;
    // Those that died wait for nothing and hear of nothing.
    if (index >= this.#diesAt) throw new ObjectStoreError(`${request.kind} ${request.key}: the program is gone`);
    this.requests.push(request);
    this.#bucket.arrive();
    const fate = this.#decide?.(request, index);
    if (fate === undefined) return effect();
    if (fate === "cut off") effect();
    else if (fate !== "refused") this.#bucket.delay(fate.lateBy, effect);
    throw new ObjectStoreError(`${request.kind} ${request.key}: no answer`);
  }
}
