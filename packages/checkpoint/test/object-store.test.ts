import { describe, expect, it } from "vitest";
import { type CheckpointStore, isCheckpointError } from "../src/index.ts";
import { checkpointStoreConformance } from "../src/testing/index.ts";
import { objectCheckpointStore } from "./object-checkpoint-store.ts";
import { type Fate, ObjectClient, type ObjectRequest, SimulatedBucket } from "./object-store.ts";
import { bytesOf, put, readAll, textOf, wrongWith } from "./stores.ts";

const LEASE = 1000;
const GRACE = 60;
let owners = 0;

class World {
  readonly bucket = new SimulatedBucket();
  time = 0;

  open(turn?: (request: ObjectRequest) => Promise<void>, grace: number = GRACE): { readonly client: ObjectClient; readonly store: CheckpointStore } {
    const client = new ObjectClient(this.bucket, turn);
    const settings = { now: () => this.time, leaseMilliseconds: LEASE, owner: `owner ${owners++}`, grace };
    return { client, store: objectCheckpointStore(client, settings) };
  }

  /** What is on its way arrives, and leases end. */
  pass(): void {
    for (let i = 0; i < GRACE; i++) this.bucket.arrive();
    this.time += LEASE;
  }

  /** Keys but those of locks; tombstones are empty. */
  keys(): { readonly full: readonly string[]; readonly tombstones: readonly string[] } {
    const all = [...this.bucket.objects].filter(([key]) => !key.startsWith("lock/"));
    const names = (isFull: boolean): string[] => all.filter(([, { body }]) => body.length > 0 === isFull).map(([key]) => key);
    return { full: names(true).sort(), tombstones: names(false) };
  }
}

describe("the store on objects", () => {
  let world = new World();
  checkpointStoreConformance({
    test: it,
    async create() {
      world = new World();
      return world.open().store;
    },
    reopen: async () => world.open().store,
  });
});

interface Told {
  readonly published: Set<number>;
  readonly failed: Set<number>;
  /** Its withdrawal failed, or nobody could say. */
  readonly either: Set<number>;
  highest: number;
}

const tellNothing = (): Told => ({ published: new Set(), failed: new Set(), either: new Set(), highest: 0 });

async function program(store: CheckpointStore, told: Told): Promise<void> {
  const attempt = async (step: () => Promise<unknown>): Promise<boolean> => {
    try {
      await step();
      return true;
    } catch (error) {
      if (!isCheckpointError(error, "CHECKPOINT_IO", "CHECKPOINT_EXISTS", "CHECKPOINT_LOCKED", "CHECKPOINT_NOT_FOUND")) throw error;
      return false;
    }
  };
  const publish = async (id: number): Promise<void> => {
    told.either.add(id);
    const isPublished = await attempt(() => put(store, id));
    told.either.delete(id);
    (isPublished ? told.published : told.failed).add(id);
    if (isPublished) told.highest = Math.max(told.highest, id);
  };
  const withdraw = async (id: number): Promise<void> => {
    told.published.delete(id);
    told.either.add(id);
    if (await attempt(() => store.withdraw([id]))) told.either.delete(id);
  };
  if (!(await attempt(() => store.lock()))) return;
  await publish(1);
  await publish(2);
  await withdraw(1);
  await attempt(() => store.sweep());
  await publish(3);
  await withdraw(3);
  await attempt(() => store.sweep());
  await publish(4);
}

async function requireTold(store: CheckpointStore, told: Told): Promise<void> {
  const { ids, highestId } = await store.list();
  for (const id of told.published) expect(ids).toContain(id);
  for (const id of ids) {
    expect(told.published.has(id) || told.either.has(id), `${id} is listed`).toBe(true);
    expect(await wrongWith(store, id)).toBeUndefined();
  }
  expect(highestId).toBeGreaterThanOrEqual(told.highest);
}

/** The next owner finds what was told, and leaves nothing but that. */
async function requireNextOwner(world: World, told: Told): Promise<void> {
  world.pass();
  const { store } = world.open();
  await store.lock();
  await requireTold(store, told);
  const { ids, highestId } = await store.list();
  await store.sweep();
  await put(store, highestId + 1);
  await store.sweep();
  expect(world.keys().full).toEqual([...ids, highestId + 1].flatMap((id) => [store.locate(id, "metadata"), store.locate(id, "state")]).sort());
  world.pass();
  await store.sweep();
  expect(world.keys().tombstones).toEqual([]);
}

async function requestsOfProgram(): Promise<number> {
  const world = new World();
  const { client, store } = world.open();
  const told = tellNothing();
  await program(store, told);
  expect([...told.failed, ...told.either]).toEqual([]);
  await requireNextOwner(world, told);
  return client.requests.length;
}

const FATES: readonly Fate[] = ["refused", "cut off", ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 40].map((lateBy) => ({ lateBy }))];

describe("requests that fail, are cut off or come late", () => {
  it.each([1, 3, 4, 8])("%i in a row lose nothing and publish nothing that was reported as failed", async (inARow) => {
    const requests = await requestsOfProgram();
    let runs = 0;
    let failures = 0;
    for (let index = 0; index < requests; index++) {
      for (const fate of FATES) {
        const world = new World();
        const { client, store } = world.open();
        const told = tellNothing();
        client.plan((_, at) => (at >= index && at < index + inARow ? fate : undefined));
        await program(store, told);
        client.plan(undefined);
        await requireTold(store, told);
        failures += told.failed.size;
        // Its owner decides what nobody knew, and what comes after that is too late.
        await put(store, 9);
        told.published.add(9);
        await store.sweep();
        world.pass();
        await requireTold(store, told);
        await requireNextOwner(world, told);
        runs++;
      }
    }
    // One lost answer is asked for again.
    if (inARow === 1) expect(failures).toBe(0);
    console.log(`${runs} runs of ${requests} requests, ${inARow} lost in a row; ${failures} publishes failed`);
  });
});

describe("a writer that dies", () => {
  it("at any request, before it took effect, after it, or with the request still on its way, leaves what it was told", async () => {
    const requests = await requestsOfProgram();
    let runs = 0;
    for (let index = 0; index < requests; index++) {
      for (const fate of FATES) {
        const world = new World();
        const { client, store } = world.open();
        const told = tellNothing();
        client.plan((_, at) => (at === index ? fate : undefined));
        client.dieAt(index + 1);
        await program(store, told);
        // It heard of no failure: it is gone.
        for (const id of told.failed) told.either.add(id);
        await requireNextOwner(world, told);
        runs++;
      }
    }
    console.log(`${runs} deaths of a writer`);
  });
});

/** Lets one request through at a time, of whom `choose` says. */
class Turns {
  readonly #waiting = new Map<string, () => void>();
  readonly choices: string[] = [];

  wait(who: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(who, resolve));
  }

  async run(done: () => boolean, choose: (waiting: readonly string[]) => string): Promise<void> {
    while (!done()) {
      // Everybody comes to the next request first.
      for (let i = 0; i < 12; i++) await Promise.resolve();
      const waiting = [...this.#waiting.keys()].sort();
      if (waiting.length === 0) continue;
      const who = choose(waiting);
      this.choices.push(who);
      const go = this.#waiting.get(who);
      this.#waiting.delete(who);
      go?.();
    }
  }
}

describe("two owners, because a lease ended while its owner was held up", () => {
  /** Bytes that say whose they are: both may want the same id. */
  const putAs = (who: string, store: CheckpointStore, id: number): Promise<void> =>
    store.publish(id, [bytesOf(`state of the ${who} owner, ${id}`)], () => bytesOf(`${who} ${id}`));

  async function publishedIn(store: CheckpointStore): Promise<readonly string[]> {
    const found: string[] = [];
    for (const id of (await store.list()).ids) {
      const [who = ""] = textOf(await store.readMetadata(id)).split(" ");
      expect(await readAll(store, id)).toBe(`state of the ${who} owner, ${id}`);
      found.push(`${who} ${id}`);
    }
    return found;
  }

  /** The old owner publishes `oldId`; the new one takes the lock, sweeps, publishes and withdraws. */
  async function race(oldId: number, grace: number, order: readonly boolean[]): Promise<{ readonly choices: readonly string[]; readonly story: string }> {
    const world = new World();
    const first = world.open();
    await first.store.lock();
    await putAs("old", first.store, 1);
    world.time += LEASE;
    const turns = new Turns();
    const old = world.open(() => turns.wait("old"), grace).store;
    const next = world.open(() => turns.wait("new"), grace).store;
    const published = new Set<string>();
    const attempt = async (who: string, store: CheckpointStore, id: number): Promise<void> => {
      const failure = await putAs(who, store, id).catch((error: unknown) => error);
      if (failure === undefined) published.add(`${who} ${id}`);
      else expect(isCheckpointError(failure, "CHECKPOINT_EXISTS")).toBe(true);
    };
    let running = 2;
    const workOfNew = async (): Promise<void> => {
      await next.lock();
      const id = (await next.list()).highestId + 1;
      await next.sweep();
      await attempt("new", next, id);
      await next.withdraw([1]);
      await next.sweep();
    };
    const work = Promise.all([attempt("old", old, oldId), workOfNew()].map((part) => part.finally(() => running--)));
    let step = 0;
    await turns.run(() => running === 0, (waiting) => (waiting.length === 1 ? (waiting[0] ?? "") : order[step++] === true ? "old" : "new"));
    await work;
    const story = [...published].sort().join(" and ");
    expect([...(await publishedIn(world.open().store))].sort().join(" and ")).toBe(story);
    return { choices: turns.choices, story };
  }

  it.each([GRACE, 0])("damage nothing that either was told is published, in any order of their requests (%i requests of grace)", async (grace) => {
    const stories = new Map<string, number>();
    let races = 0;
    for (const oldId of [2, 3]) {
      const { choices } = await race(oldId, grace, []);
      const news = choices.filter((who) => who === "new").length;
      // It has looked already: where its two puts and the look after them stand among the new one's requests, which may become more.
      for (const order of placements(3, news + 8)) {
        const { story } = await race(oldId, grace, [true, ...order]);
        stories.set(story, (stories.get(story) ?? 0) + 1);
        races++;
      }
    }
    expect(stories.size).toBeGreaterThan(2);
    console.log(`${races} races: ${[...stories].map(([story, count]) => `${story} (${count})`).join("; ")}`);
  });
});

it("the highest id stays known however long nothing else happens, by one empty object", async () => {
  const world = new World();
  const { store } = world.open();
  await store.lock();
  for (const id of [1, 7]) await put(store, id);
  await store.withdraw([1, 7]);
  for (let round = 0; round < 3; round++) {
    await store.sweep();
    world.pass();
    expect((await world.open().store.list()).highestId).toBe(7);
  }
  expect(world.keys()).toEqual({ full: [], tombstones: [store.locate(7, "metadata")] });
});

/** Every order of `olds` turns of one among `news` of the other. */
function* placements(olds: number, news: number): Generator<readonly boolean[]> {
  if (olds === 0 || news === 0) {
    yield Array.from({ length: olds + news }, () => olds > 0);
    return;
  }
  for (const rest of placements(olds - 1, news)) yield [true, ...rest];
  for (const rest of placements(olds, news - 1)) yield [false, ...rest];
}
