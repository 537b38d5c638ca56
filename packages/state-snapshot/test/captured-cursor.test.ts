import { expect, test } from "vitest";
import { CapturedCursor } from "../src/captured-cursor.ts";
import { IdSet } from "../src/id-set.ts";
import { hashKey } from "../src/key-hash.ts";
import { NO_ID } from "../src/key-index.ts";
import { RecordTable } from "../src/record-table.ts";
import type { FrozenRecords } from "../src/record-table.ts";
import { keyAt, valueAt } from "../src/record.ts";
import { randomBytes, withSeeds } from "./random.ts";

/** Key, and value or "deleted", of what a cursor meets. */
function met(frozen: FrozenRecords, changed: IdSet | undefined): readonly string[] {
  const cursor = new CapturedCursor({ records: frozen }, changed);
  const entries: string[] = [];
  for (let step = cursor.advance(); step !== "end"; step = cursor.advance()) {
    if (step === "pause") continue;
    expect(cursor.end).toBeLessThanOrEqual(cursor.bytes.length);
    entries.push(entryOf(keyAt(cursor.bytes, cursor.start), valueAt(cursor.bytes, cursor.start)));
  }
  return entries;
}

const entryOf = (key: Uint8Array, value: Uint8Array | undefined): string => `${Buffer.from(key).toString("hex")} ${value === undefined ? "deleted" : Buffer.from(value).toString("hex")}`;

test("a cursor that looks ahead meets what a walk from id to id meets, in the same order", async () => {
  await withSeeds(40, (random) => {
    const table = new RecordTable();
    const changed = new IdSet();
    for (let count = random(1500); count >= 0; count -= 1) {
      const key = randomBytes(random, 2);
      const hash = hashKey(key, 0, key.length);
      const known = table.find(hash, key);
      const value = random(4) === 0 ? undefined : randomBytes(random, random(100) === 0 ? 100_000 : 60);
      if (known === NO_ID) table.insert(hash, key, value);
      else if (random(5) === 0) table.remove(known);
      else table.replace(known, key, value);
    }
    for (let id = 0; id < table.ids; id += 1) if (random(3) === 0) changed.add(id);
    const all: string[] = [];
    const some: string[] = [];
    for (let id = 0; id < table.ids; id += 1) {
      if (table.bytesOf(id).length === 0) continue;
      const entry = entryOf(table.keyOf(id), table.valueOf(id));
      if (table.valueOf(id) !== undefined) all.push(entry);
      if (changed.has(id)) some.push(entry);
    }
    const frozen = table.freeze();
    expect(met(frozen, undefined)).toEqual(all);
    expect(met(frozen, changed)).toEqual(some);
  });
});
