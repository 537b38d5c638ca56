import { createSimulatedDisk } from "@laminar/disk/testing";
import { describe, expect, it } from "vitest";
import { bytesCodec, type EntryVisitor, type LogReader, openWal, openWalReader, type ReadOptions, type WalEntry, type WalEntryInput } from "../src/index.ts";
import { decodeStandard } from "../src/standard-entries.ts";
import { textOf } from "../src/testing/log-conformance-content.ts";
import { scanEntries, visitEntries } from "../src/visit-entries.ts";
import { writeSegments } from "./crafted-log.ts";
import { commit, freshDirectory, put, readAll, seeded } from "./logs.ts";
import { encodePlainly } from "./plain-encoding.ts";
import { randomEntry } from "./random-entries.ts";

const textOfAll = ({ seen, batches }: Omit<ReturnType<typeof collector>, "visitor">): string => `${batches.join(" ")} ${seen.map(([lsn, entry]) => `${lsn} ${textOf(entry)}`).join("\n")}`;

type Seen = readonly [lsn: number, entry: WalEntry];

/** Makes entries again from what it is shown. */
function collector(): { readonly seen: Seen[]; readonly batches: number[][]; readonly visitor: EntryVisitor } {
  const seen: Seen[] = [];
  const batches: number[][] = [];
  const visitor: EntryVisitor = {
    batch: (firstLsn, count, session) => void batches.push([firstLsn, count, session]),
    put: (lsn, bytes, keyStart, keyEnd, valueStart, valueEnd) => void seen.push([lsn, { type: "put", key: bytes.slice(keyStart, keyEnd), value: bytes.slice(valueStart, valueEnd) }]),
    delete: (lsn, bytes, keyStart, keyEnd) => void seen.push([lsn, { type: "delete", key: bytes.slice(keyStart, keyEnd) }]),
    commit: (lsn, offsets, watermark) => void seen.push([lsn, watermark === undefined ? { type: "commit", offsets } : { type: "commit", offsets, watermark }]),
    checkpoint: (lsn, id) => void seen.push([lsn, { type: "checkpoint", id }]),
  };
  return { seen, batches, visitor };
}

async function visited(log: LogReader<WalEntry>, options?: ReadOptions): Promise<Omit<ReturnType<typeof collector>, "visitor">> {
  const { seen, batches, visitor } = collector();
  await log.visit?.(visitor, options);
  return { seen, batches };
}

async function read(log: LogReader<WalEntry>, options?: ReadOptions): Promise<Omit<ReturnType<typeof collector>, "visitor">> {
  const seen: Seen[] = [];
  const batches: number[][] = [];
  for await (const { firstLsn, session, entries } of log.read(options)) {
    batches.push([firstLsn, entries.length, session]);
    for (const [i, entry] of entries.entries()) seen.push([firstLsn + i, entry]);
  }
  return { seen, batches };
}

const encode = (entries: readonly WalEntryInput[]): Uint8Array => Uint8Array.from(entries.flatMap(encodePlainly));

describe("a visit", () => {
  it("shows record for record what read gives, from any record on, for the writer and for a reader, over random logs", async () => {
    const seed = 20_261_125;
    const random = seeded(seed);
    let records = 0;
    for (let round = 0; round < 12; round++) {
      const disk = createSimulatedDisk();
      const log = await openWal("/log", { disk, segmentSize: 4096, syncInterval: Number.POSITIVE_INFINITY });
      for (let step = 0; step < 8; step++) {
        log.appendAll(Array.from({ length: 1 + Math.floor(random() * 8) }, () => randomEntry(random)));
        await log.sync();
        // In the middle of a batch, sometimes.
        if (random() < 0.2) await log.truncateAfter(log.lastLsn - Math.floor(random() * 4));
      }
      const reader = await openWalReader("/log", { disk: disk.anotherProcess() });
      for (const side of [log, reader]) {
        for (let i = 0; i < 5; i++) {
          const after = Math.floor(random() * (log.lastLsn + 2));
          if (!log.counts(after)) continue;
          const options = { after, unproven: true };
          const expected = await read(side, options);
          expect(textOfAll(await visited(side, options)), `seed ${seed}, round ${round}, after ${after}`).toBe(textOfAll(expected));
          records += expected.seen.length;
        }
      }
      await log.close();
    }
    console.log(`${records} records visited and read alike`);
    expect(records).toBeGreaterThan(1000);
  });

  it("refuses exactly the bodies that reading refuses, before anything of them is shown", () => {
    const seed = 7;
    const random = seeded(seed);
    const counts = { whole: 0, refused: 0 };
    for (let round = 0; round < 5000; round++) {
      const entries = Array.from({ length: 1 + Math.floor(random() * 5) }, () => randomEntry(random, 300));
      const body = encode(entries).slice();
      const damage = Math.floor(random() * 3);
      for (let i = 0; i < damage && body.length > 0; i++) body[Math.floor(random() * body.length)] = Math.floor(random() * 256);
      const end = Math.max(0, body.length - Math.floor(random() * 3 * random()));
      const count = Math.max(0, entries.length + Math.floor(random() * 1.2));
      const { seen, visitor } = collector();
      const visit = (): void => visitEntries(body, scanEntries(body, end, count), { firstLsn: 1, skipped: 0, counted: count }, visitor);
      let decoded: WalEntry[] | undefined;
      try {
        decoded = decodeStandard(body, end, count);
      } catch (error) {
        expect(error, `seed ${seed}, round ${round}`).toBeInstanceOf(Error);
      }
      if (decoded) {
        visit();
        expect(seen.map(([, entry]) => textOf(entry)), `seed ${seed}, round ${round}`).toEqual(decoded.map(textOf));
        counts.whole++;
      } else {
        expect(visit, `seed ${seed}, round ${round}`).toThrow();
        expect(seen).toEqual([]);
        counts.refused++;
      }
    }
    console.log(`${counts.whole} bodies shown, ${counts.refused} refused`);
    expect(Math.min(counts.whole, counts.refused)).toBeGreaterThan(1000);
  });

  it("shows what reading gives of a log of many chunks, although it reads them into the same memory again", async () => {
    const directory = await freshDirectory();
    const log = await openWal(directory, { maxBatchSize: 300_000, segmentSize: 3_000_000 });
    for (let i = 0; i < 8000; i++) log.append(put(`key ${i}`, `${i} `.repeat(200)));
    await log.close();
    const reader = await openWalReader(directory);
    const memory = new Set<ArrayBufferLike>();
    const shown: string[] = [];
    const textAt = (bytes: Uint8Array, start: number, end: number): string => Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();
    const nothing = (): void => undefined;
    await reader.visit?.({
      put(lsn, bytes, keyStart, keyEnd, valueStart, valueEnd) {
        memory.add(bytes.buffer);
        shown.push(`${lsn} ${textAt(bytes, keyStart, keyEnd)} ${textAt(bytes, valueStart, valueEnd)}`);
      },
      delete: nothing,
      commit: nothing,
      checkpoint: nothing,
    });
    const asRead = (await readAll(reader)).map(({ lsn, entry }) => (entry.type === "put" ? `${lsn} ${textAt(entry.key, 0, entry.key.length)} ${textAt(entry.value, 0, entry.value.length)}` : ""));
    expect(shown).toEqual(asRead);
    expect(memory.size).toBeLessThan(5);
    await reader.close();
  });

  it("answers a batch that verifies and can't be decoded with WAL_CODEC_MISMATCH, and shows nothing of it", async () => {
    const directory = await freshDirectory();
    const good = encode([put("a", "1"), commit(1)]);
    const bad = new Uint8Array([...encode([put("b", "2")]), 0xc1]);
    const batches = [
      { firstLsn: 1, count: 2, entries: good },
      { firstLsn: 3, count: 2, entries: bad },
      { firstLsn: 5, count: 0, entries: new Uint8Array(0), flags: 2 },
    ];
    await writeSegments(directory, [{ number: 1, continuesAfter: 0, baseLsn: 1, batches }]);
    const reader = await openWalReader(directory);
    const { seen, batches: begun, visitor } = collector();
    const offset = 128 + 48 + good.length + 1;
    const mismatch = { name: "WalError", code: "WAL_CODEC_MISMATCH", lsn: 3, offset, file: expect.stringContaining(directory), cause: expect.any(RangeError) };
    await expect(reader.visit?.(visitor)).rejects.toMatchObject(mismatch);
    expect([seen.map(([lsn]) => lsn), begun]).toEqual([[1, 2], [[1, 2, 1]]]);
    await expect(read(reader)).rejects.toMatchObject(mismatch);
  });

  it("waits for a promise that the visitor's batch returns, and goes on then", async () => {
    const log = await openWal(await freshDirectory());
    for (const key of ["a", "b", "c"]) {
      log.append(put(key, ""));
      await log.sync();
    }
    const order: string[] = [];
    const { visitor } = collector();
    await log.visit?.({
      ...visitor,
      async batch(firstLsn) {
        order.push(`batch ${firstLsn}`);
        await new Promise((resolve) => setImmediate(resolve));
        order.push(`ready ${firstLsn}`);
      },
      put: (lsn) => void order.push(`put ${lsn}`),
    });
    expect(order).toEqual([1, 2, 3].flatMap((lsn) => [`batch ${lsn}`, `ready ${lsn}`, `put ${lsn}`]));
    await log.close();
  });

  it("ends with what the visitor throws, and leaves no file open", async () => {
    const disk = createSimulatedDisk();
    const log = await openWal("/log", { disk });
    log.appendAll([put("a", ""), put("b", ""), commit(1)]);
    await log.close();
    const reader = await openWalReader("/log", { disk });
    const why = new Error("no more");
    const { visitor, seen } = collector();
    const throwing = (): never => {
      throw why;
    };
    await expect(reader.visit?.({ ...visitor, commit: throwing })).rejects.toBe(why);
    expect(seen.map(([lsn]) => lsn)).toEqual([1, 2]);
    await expect(reader.visit?.({ ...visitor, batch: () => Promise.reject(why) })).rejects.toBe(why);
    expect(disk.openFiles).toBe(0);
  });

  it("reads into the visitor's memory, and gives back what it has looked at", async () => {
    const disk = createSimulatedDisk();
    const log = await openWal("/log", { disk });
    for (let i = 0; i < 40; i++) log.append({ type: "put", key: Uint8Array.of(i), value: new Uint8Array(100_000).fill(i) });
    await log.close();
    const reader = await openWalReader("/log", { disk });
    const { visitor } = collector();
    const taken: Uint8Array[] = [];
    const back: Uint8Array[] = [];
    const memory = { take: (length: number) => (taken.push(new Uint8Array(length)), taken.at(-1) as Uint8Array), giveBack: (bytes: Uint8Array) => void back.push(bytes) };
    let puts = 0;
    const looked = (_lsn: number, { buffer }: Uint8Array): void => {
      puts++;
      expect([taken.some((array) => array.buffer === buffer), back.some((array) => array.buffer === buffer)]).toEqual([true, false]);
    };
    await reader.visit?.({ ...visitor, put: looked, memory });
    expect(puts).toBe(40);
    expect(taken.length).toBeGreaterThan(2);
    expect(back.length).toBeGreaterThanOrEqual(taken.length - 2);
    expect(new Set(back.map(({ buffer }) => buffer)).size).toBe(back.length);

    const short = { ...memory, take: () => new Uint8Array(1) };
    await expect(reader.visit?.({ ...visitor, memory: short })).rejects.toThrow(/take\(\d+\) must return a Uint8Array of that length/);
    expect(disk.openFiles).toBe(0);
  });

  it("is not there for a log of a codec", async () => {
    const directory = await freshDirectory();
    const log = await openWal(directory, { codec: bytesCodec });
    const reader = await openWalReader(directory, { codec: bytesCodec });
    expect([log.visit, reader.visit]).toEqual([undefined, undefined]);
    await log.close();
  });

  it("refuses what is no visitor, and wrong options, with a TypeError and before anything is read", async () => {
    const disk = createSimulatedDisk();
    const log = await openWal("/log", { disk });
    const reader = await openWalReader("/log", { disk });
    const before = disk.operations.length;
    const { visitor } = collector();
    const none: unknown[] = [undefined, null, {}, { ...visitor, put: undefined }, { ...visitor, checkpoint: 1 }, { ...visitor, batch: true }, { ...visitor, memory: {} }, { ...visitor, memory: null }];
    for (const side of [log, reader]) {
      for (const wrong of none) await expect(side.visit?.(wrong as EntryVisitor)).rejects.toThrow(TypeError);
      await expect(side.visit?.(visitor, { after: "3" } as unknown as ReadOptions)).rejects.toThrow(TypeError);
    }
    expect(disk.operations.length).toBe(before);
    await log.close();
  });
});
