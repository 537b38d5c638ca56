import assert from "node:assert/strict";
import type { LogCases, LogReaderUnderTest, ReaderCases } from "./log-conformance.ts";
import { batch, bulk, code, type LogContent, lsnsFrom, refuses, record, requireNext, requireRecords, watchedSignal, writeContent } from "./log-conformance-content.ts";
import type { LogReader, Lsn, ReadOptions, WalBatch } from "../log.ts";
import type { WalEntry } from "../wal-entry.ts";

/** Lets everything run that is ready to. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** Waits for `outcome`, with the log's clock going on meanwhile where it doesn't by itself. */
async function awaited<T>({ passTime }: Pick<LogReaderUnderTest, "passTime">, outcome: Promise<T>): Promise<T> {
  if (!passTime) return outcome;
  const state = { settled: false };
  const settle = (): void => void (state.settled = true);
  outcome.then(settle, settle);
  while (!state.settled) {
    passTime(100);
    await turn();
  }
  return outcome;
}

/** A `for await` that is taken step by step. */
class Follower {
  readonly #given: Pick<LogReaderUnderTest, "passTime"> & { readonly reader: LogReader<WalEntry> };
  readonly #batches: AsyncIterator<WalBatch<WalEntry>>;
  readonly #aborting = new AbortController();
  #last: Lsn | undefined;

  constructor(given: Pick<LogReaderUnderTest, "passTime"> & { readonly reader: LogReader<WalEntry> }, options: ReadOptions = {}) {
    this.#given = given;
    this.#last = options.after;
    this.#batches = given.reader.read({ signal: this.#aborting.signal, ...options, follow: true })[Symbol.asyncIterator]();
  }

  /** The records of the next batch; `undefined` at the end. */
  async next(): Promise<Lsn[] | undefined> {
    const step = await awaited(this.#given, this.#batches.next());
    if (step.done) return undefined;
    this.#last = requireNext(this.#given.reader, this.#last, step.value);
    return requireRecords(step.value);
  }

  /** The records of as many batches as it takes to come to `lsn`. */
  async upTo(lsn: Lsn): Promise<Lsn[]> {
    const lsns: Lsn[] = [];
    while ((this.#last ?? 0) < lsn) {
      const next = await this.next();
      assert.ok(next, `the reading ended after record ${this.#last}, before record ${lsn}`);
      lsns.push(...next);
    }
    return lsns;
  }

  /** What comes until it ends by itself. */
  async rest(): Promise<Lsn[]> {
    const lsns: Lsn[] = [];
    for (let next = await this.next(); next; next = await this.next()) lsns.push(...next);
    return lsns;
  }

  /** Aborts, and makes sure that this ends it. */
  async stop(): Promise<void> {
    const reason = new Error("enough");
    const pending = this.next();
    this.#aborting.abort(reason);
    await assert.rejects(pending, (error) => error === reason);
    assert.equal(await this.next(), undefined);
  }
}

function writes({ write }: LogReaderUnderTest, content: LogContent): Promise<void> {
  assert.ok(write, 'give `write` along with the reader, or say that it lacks "follow"');
  return write(content);
}

const sixRecords = [batch(1, 2), batch(3, 3), batch(4, 6)];

/** What every reader does that follows a log. */
export const following: ReaderCases = {
  "follows: gives what is there, then what is written, until the signal aborts with its reason": {
    content: sixRecords,
    async run(given) {
      const follower = new Follower(given);
      assert.deepEqual(await follower.upTo(6), [1, 2, 3, 4, 5, 6]);
      await writes(given, [batch(7, 8), batch(9, 9)]);
      assert.deepEqual(await follower.upTo(9), [7, 8, 9]);
      await writes(given, [batch(10, 10)]);
      assert.deepEqual(await follower.upTo(10), [10]);
      await follower.stop();
    },
  },
  "follows an empty log from its first record on, and gets it while it waits": {
    content: [],
    async run(given) {
      const follower = new Follower(given);
      const first = follower.next();
      await writes(given, [batch(1, 2)]);
      assert.deepEqual(await first, [1, 2]);
      await follower.stop();
    },
  },
  "follows from any record on, one entry at a time as well": {
    content: sixRecords,
    async run(given) {
      const follower = new Follower(given, { after: 5 });
      const aborting = new AbortController();
      const single = given.reader.entries({ after: 6, follow: true, signal: aborting.signal })[Symbol.asyncIterator]();
      const seventh = single.next();
      await writes(given, [batch(7, 8)]);
      assert.deepEqual(await follower.upTo(8), [6, 7, 8]);
      assert.equal((await awaited(given, seventh)).value?.lsn, 7);
      assert.equal((await awaited(given, single.next())).value?.lsn, 8);
      await follower.stop();
      const pending = single.next();
      aborting.abort();
      await assert.rejects(awaited(given, pending), (error) => error === aborting.signal.reason);
    },
  },
  "gives every follower everything": {
    content: sixRecords,
    async run(given) {
      const followers = [new Follower(given), new Follower(given), new Follower(given, { after: 3 })];
      const all = Promise.all(followers.map((follower) => follower.upTo(8)));
      await writes(given, [batch(7, 7), batch(8, 8)]);
      assert.deepEqual(await all, [lsnsFrom(1, 8), lsnsFrom(1, 8), lsnsFrom(4, 8)]);
      for (const follower of followers) await follower.stop();
    },
  },
  "follows nothing when the signal was aborted before": {
    content: sixRecords,
    async run({ reader }) {
      const signal = AbortSignal.abort("no");
      for (const after of [0, 6]) await refuses(() => reader.read({ follow: true, after, signal })[Symbol.asyncIterator]().next(), (error) => error === "no");
    },
  },
  "ends a follower without an error when it is closed": {
    content: sixRecords,
    async run(given) {
      const followers = [new Follower(given), new Follower(given)];
      for (const follower of followers) await follower.upTo(6);
      const ends = Promise.all(followers.map((follower) => follower.next()));
      await given.reader.close();
      assert.deepEqual(await ends, [undefined, undefined]);
    },
  },
  "leaves no listener on a follower's signal when the consumer breaks off": {
    content: sixRecords,
    async run(given) {
      const signal = watchedSignal();
      const batches = given.reader.read({ follow: true, after: 6, signal })[Symbol.asyncIterator]();
      const waiting = batches.next();
      await writes(given, [batch(7, 7)]);
      assert.equal((await awaited(given, waiting)).value?.firstLsn, 7);
      await batches.return?.();
      assert.equal(signal.listeners.size, 0);
    },
  },
  "follows on when records that it has given were dropped": {
    needs: ["drops"],
    content: bulk(1, 12),
    async run(given) {
      const follower = new Follower(given);
      assert.deepEqual(await follower.upTo(12), lsnsFrom(1, 12));
      await writes(given, [{ truncateBefore: 9 }, batch(13, 14)]);
      assert.deepEqual(await follower.upTo(14), [13, 14]);
      await follower.stop();
    },
  },
  "never skips what was dropped before a slow follower had it: gives it, or throws WAL_TRUNCATED": {
    needs: ["drops"],
    content: bulk(1, 12),
    async run(given) {
      const follower = new Follower(given);
      assert.deepEqual(await follower.next(), [1]);
      await writes(given, [{ truncateBefore: 9 }]);
      await follower.upTo(12).then(
        (lsns) => assert.deepEqual(lsns, lsnsFrom(2, 12)),
        (error: unknown) => assert.ok(code("WAL_TRUNCATED")(error), String(error)),
      );
    },
  },
  "throws WAL_FENCED to a follower that has given what a fence takes, and ends it": {
    needs: ["fences"],
    content: sixRecords,
    async run(given) {
      const [waiting, idle] = [new Follower(given), new Follower(given)];
      for (const follower of [waiting, idle]) await follower.upTo(6);
      const refused = assert.rejects(waiting.next(), code("WAL_FENCED"));
      await writes(given, [{ truncateAfter: 4 }, batch(7, 7)]);
      await refused;
      await assert.rejects(idle.next(), code("WAL_FENCED"));
      for (const follower of [waiting, idle]) assert.equal(await follower.next(), undefined);
    },
  },
  "follows on across a fence above what it has given, and never takes the fenced for good": {
    needs: ["fences"],
    content: [batch(1, 2), batch(3, 4)],
    async run(given) {
      const follower = new Follower(given);
      assert.deepEqual(await follower.next(), [1, 2]);
      await writes(given, [{ truncateAfter: 2 }, batch(5, 5)]);
      // A reader that has read ahead may still give 3 and 4; it must then say that they were fenced.
      await follower.upTo(5).then(
        (lsns) => assert.deepEqual(lsns, [5]),
        (error: unknown) => assert.ok(code("WAL_FENCED")(error), String(error)),
      );
    },
  },
};

/** What a follower sees of a log that is written through the same object. */
export const followingWriter: LogCases = {
  async "gives a follower nothing that isn't durable"({ log }) {
    const follower = new Follower({ reader: log });
    const state = { came: false };
    const first = follower.next().finally(() => (state.came = true));
    log.appendAll([record(1), record(2)]);
    for (let i = 0; i < 10; i++) await turn();
    assert.equal(log.durableLsn, 0, "records became durable by themselves: create the log so that they don't");
    assert.equal(state.came, false);
    await log.sync();
    assert.deepEqual(await first, [1, 2]);
    await follower.stop();
  },
  async "gives a follower everything while it is being written"({ log }) {
    const follower = new Follower({ reader: log });
    const all = follower.upTo(100);
    for (let lsn = 1; lsn <= 100; lsn++) {
      log.append(record(lsn));
      if (lsn % 3 === 0) void log.sync();
      if (lsn % 7 === 0) await log.sync();
    }
    await log.sync();
    assert.deepEqual(await all, lsnsFrom(1, 100));
    await follower.stop();
  },
  async "gives a follower that takes what is unproven all that becomes durable"({ log }) {
    const follower = new Follower({ reader: log }, { unproven: true });
    const all = follower.upTo(4);
    log.appendAll([record(1), record(2)]);
    await writeContent(log, [batch(3, 3), batch(4, 4)]);
    assert.deepEqual(await all, [1, 2, 3, 4]);
    await follower.stop();
  },
  async "ends followers when it is closed, without an error and without a hole before the end"({ log }) {
    const [waiting, idle] = [new Follower({ reader: log }), new Follower({ reader: log })];
    await writeContent(log, [batch(1, 1)]);
    for (const follower of [waiting, idle]) assert.deepEqual(await follower.next(), [1]);
    const rest = waiting.rest();
    log.append(record(2));
    await log.close();
    for (const lsns of [await rest, await idle.rest()]) assert.deepEqual(lsns, lsnsFrom(2, 1 + lsns.length));
  },
};
