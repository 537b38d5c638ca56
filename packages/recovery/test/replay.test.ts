import type { WalBatch, WalEntry } from "@laminar/wal";
import { describe, expect, it } from "vitest";
import { groupsOf, Replay, type ReplayRules, visitBatches } from "../src/core/index.ts";
import { seeded } from "./seeded.ts";

const text = new TextEncoder();
const put = (key: string): WalEntry => ({ type: "put", key: text.encode(key), value: text.encode(key) });
const commit = (offset: bigint, watermark?: bigint): WalEntry => ({ type: "commit", offsets: new Map([["s", offset]]), watermark });
const rules: ReplayRules = { replay: "committed", maxWalEntries: 0, until: undefined, maxTransactionBytes: 1e9 };
const nothing = { walPosition: 0, sourceOffsets: new Map<string, bigint>(), watermark: undefined };

async function* onlyOne(batch: WalBatch<WalEntry>): AsyncGenerator<WalBatch<WalEntry>, void, undefined> {
  yield batch;
}

async function run(batches: readonly WalBatch<WalEntry>[], changed: Partial<ReplayRules> = {}): Promise<{ readonly keys: string; readonly replay: Replay }> {
  const replay = new Replay({ ...rules, ...changed }, nothing);
  let keys = "";
  const take = (): void => {
    for (const { changes } of groupsOf(replay.take())) keys += changes.map(({ key }) => new TextDecoder().decode(key)).join("");
  };
  for (const [index, batch] of batches.entries()) {
    await visitBatches(onlyOne(batch), replay);
    // Taking what counts now and then must make no difference.
    if (index % 3 === 0) take();
  }
  replay.finish();
  take();
  return { keys, replay };
}

describe("replay", () => {
  it("lets a transaction span batches of its own session, and never another's", async () => {
    const spanning = [{ firstLsn: 1, session: 7, entries: [put("a")] }, { firstLsn: 2, session: 7, entries: [put("b"), commit(1n)] }];
    expect((await run(spanning)).keys).toBe("ab");
    const adopted = [{ firstLsn: 1, session: 7, entries: [put("a")] }, { firstLsn: 2, session: 8, entries: [put("b"), commit(1n)] }];
    expect((await run(adopted)).keys).toBe("b");
    expect((await run(adopted)).replay.entriesDiscarded).toBe(1);
    expect((await run(adopted, { replay: "all" })).keys).toBe("ab");
  });

  it("never takes an offset or the watermark backward", async () => {
    const { replay } = await run([{ firstLsn: 1, session: 1, entries: [commit(9n, 90n), commit(3n, 30n), commit(4n)] }]);
    expect([replay.sourceOffsets.get("s"), replay.watermark, replay.walPosition]).toEqual([9n, 90n, 3]);
  });

  it("agrees with a plain reading of the rules on random logs, at every point and limit", async () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = seeded(seed);
      const flat = Array.from({ length: 30 }, (_, i) => ({ lsn: i + 1, entry: random() < 0.35 ? commit(BigInt(i)) : put(String.fromCharCode(97 + (i % 26))) }));
      const sessions: number[] = [];
      for (let i = 0, session = 1; i < flat.length; i++) sessions.push(random() < 0.15 ? ++session : session);
      const batches = flat.map(({ lsn, entry }, i): WalBatch<WalEntry> => ({ firstLsn: lsn, session: sessions[i] ?? 0, entries: [entry] }));
      for (let limit = 1; limit <= flat.length; limit++) {
        const upTo = flat.slice(0, limit);
        const expected = upTo.flatMap(({ lsn, entry }) => {
          const end = upTo.find((other) => other.lsn > lsn && other.entry.type === "commit" && sessions[other.lsn - 1] === sessions[lsn - 1]);
          return entry.type === "put" && end ? [new TextDecoder().decode(entry.key)] : [];
        });
        for (const bound of [{ until: limit }, { maxWalEntries: limit }]) {
          const { keys, replay } = await run(batches, bound);
          expect(keys, `seed ${seed}, ${JSON.stringify(bound)}`).toBe(expected.join(""));
          const last = upTo.filter(({ entry }) => entry.type === "commit").at(-1)?.lsn ?? 0;
          expect([replay.walPosition, replay.stopped], `seed ${seed}, ${JSON.stringify(bound)}`).toEqual([last, limit < flat.length]);
        }
      }
    }
  });
});
