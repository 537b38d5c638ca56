import { describe, expect, it } from "vitest";
import { bytesCodec, msgpackCodec, openWal, openWalReader, verifyWal, type LogReader, type WalCodec, type WalError } from "../src/index.ts";
import { expectSame, randomValue } from "./codec-values.ts";
import { contentOf, freshDirectory, seeded } from "./logs.ts";

interface Order {
  readonly type: "order";
  readonly id: bigint;
  readonly at: Date;
  readonly lines: ReadonlyMap<string, number>;
  readonly note?: string | undefined;
}

const order = (id: bigint, note?: string): Order => ({ type: "order", id, at: new Date(1_700_000_000_123), lines: new Map([["apples", 0.5], ["pears", -0]]), note });

async function entriesOf<E>(log: LogReader<E>): Promise<{ lsn: number; entry: E }[]> {
  const found = [];
  for await (const item of log.entries()) found.push(item);
  return found;
}

async function holds(directory: string, word: string): Promise<boolean> {
  return [...(await contentOf(directory)).values()].some((bytes) => Buffer.from(bytes).includes(word));
}

describe("a log with a ready codec", () => {
  it("gives back own events after it was closed and opened again, to a writer and to a reader", async () => {
    const directory = await freshDirectory();
    const codec = msgpackCodec<Order>();
    const log = await openWal<Order>(directory, { codec });
    log.append(order(1n));
    log.appendAll([order(2n ** 64n - 1n, "ü"), order(3n, "\ufeff".repeat(70))]);
    await log.sync();
    const expected = [order(1n), order(2n ** 64n - 1n, "ü"), order(3n, "\ufeff".repeat(70))].map((entry, i) => ({ lsn: i + 1, entry }));
    expectSame(await entriesOf(log), expected, "while it is open");
    await log.close();
    const again = await openWal<Order>(directory, { codec: msgpackCodec<Order>() });
    expectSame(await entriesOf(again), expected, "opened again");
    expect(again.append(order(4n))).toBe(4);
    await again.close();
    const reader = await openWalReader<Order>(directory, { codec });
    expectSame((await entriesOf(reader)).map(({ entry }) => entry.id), [1n, 2n ** 64n - 1n, 3n, 4n], "to a reader");
    await reader.close();
    expect(await verifyWal(directory)).toMatchObject({ verdict: "ok", lastLsn: 4 });
  });

  it("gives back random values of every kind, over many segments", async () => {
    const seed = 20_261_205;
    const random = seeded(seed);
    const values = Array.from({ length: 1500 }, () => randomValue(random));
    const directory = await freshDirectory();
    const codec = msgpackCodec<unknown>();
    const log = await openWal<unknown>(directory, { codec, segmentSize: 16_384, maxBatchSize: 2000 });
    for (const [i, value] of values.entries()) {
      log.append(value);
      if (i % 100 === 0) await log.sync();
    }
    await log.close();
    const reader = await openWalReader<unknown>(directory, { codec });
    expectSame((await entriesOf(reader)).map(({ entry }) => entry), values, `seed ${seed}`);
    await reader.close();
    console.log(`${values.length} random values through a log, seed ${seed}`);
  });

  it("copies bytes when they are appended, so that the array may be used again", async () => {
    const directory = await freshDirectory();
    const log = await openWal(directory, { codec: bytesCodec });
    const scratch = Buffer.alloc(300);
    const expected = [];
    for (let i = 0; i < 50; i++) {
      const part = scratch.subarray(0, i * 6).fill(i);
      expected.push(Uint8Array.from(part));
      log.append(part);
      scratch.fill(0xee);
    }
    await log.close();
    const reader = await openWalReader(directory, { codec: bytesCodec });
    const back = (await entriesOf(reader)).map(({ entry }) => entry);
    await reader.close();
    expectSame(back, expected, "plain arrays of bytes");
  });

  it("keeps two logs apart that are written in turns", async () => {
    const directories = [await freshDirectory(), await freshDirectory()];
    const logs = await Promise.all(directories.map((directory) => openWal<unknown>(directory, { codec: msgpackCodec<unknown>() })));
    for (let i = 0; i < 500; i++) for (const [which, log] of logs.entries()) log.append({ which, i, text: "x".repeat(i) });
    await Promise.all(logs.map((log) => log.close()));
    for (const [which, directory] of directories.entries()) {
      const reader = await openWalReader<unknown>(directory, { codec: msgpackCodec<unknown>() });
      expectSame((await entriesOf(reader)).map(({ entry }) => entry), Array.from({ length: 500 }, (_, i) => ({ which, i, text: "x".repeat(i) })), `log ${which}`);
      await reader.close();
    }
  });
});

describe("a log whose codec refuses an entry", () => {
  it("is as it was: the next entry gets the next number, and nothing of the refused one is on disk", async () => {
    const directory = await freshDirectory();
    const codec = msgpackCodec<unknown>();
    const log = await openWal<unknown>(directory, { codec });
    const secret = "never to be written";
    expect(log.append({ kept: 1 })).toBe(1);
    expect(() => log.append({ secret, items: [{ when: () => 0 }] })).toThrow("entry.items[0].when: a function can't be stored");
    expect(() => log.appendAll([{ kept: secret }, { secret, at: new Date(Number.NaN) }])).toThrow(RangeError);
    expect(log.append({ kept: 2 })).toBe(2);
    await log.sync();
    expect(() => log.append({ secret, big: 2n ** 64n })).toThrow(RangeError);
    expect(log.append({ kept: 3 })).toBe(3);
    await log.close();
    expect([await holds(directory, "kept"), await holds(directory, secret)]).toEqual([true, false]);
    const reader = await openWalReader<unknown>(directory, { codec });
    expectSame((await entriesOf(reader)).map(({ entry }) => entry), [{ kept: 1 }, { kept: 2 }, { kept: 3 }], "what was kept");
    await reader.close();
  });

  it("is as it was for bytes that are none", async () => {
    const log = await openWal(await freshDirectory(), { codec: bytesCodec });
    expect(() => log.append("text" as unknown as Uint8Array)).toThrow(TypeError);
    expect(log.append(Uint8Array.of(1))).toBe(1);
    await log.close();
  });

  it.each([
    ["a string", "text"],
    ["undefined", undefined],
    ["null", null],
    ["an ArrayBuffer", new ArrayBuffer(4)],
    ["an array", [1, 2]],
    ["wider elements", new Uint16Array(2)],
    ["a promise", Promise.resolve(new Uint8Array(1))],
  ])("refuses %s from a codec of one's own with a TypeError", async (_name, garbage) => {
    const answers: unknown[] = [Uint8Array.of(1), garbage, Buffer.from("b")];
    const codec = { encode: () => answers.shift(), decode: (bytes: Uint8Array) => bytes.length } as WalCodec<number>;
    const directory = await freshDirectory();
    const log = await openWal<number>(directory, { codec });
    expect(log.append(0)).toBe(1);
    expect(() => log.append(0)).toThrow(TypeError);
    expect(log.append(0)).toBe(2);
    await log.close();
    const reader = await openWalReader<number>(directory, { codec });
    expect(await entriesOf(reader)).toEqual([{ lsn: 1, entry: 1 }, { lsn: 2, entry: 1 }]);
    await reader.close();
  });
});

describe("entries of another codec", () => {
  it("are a mismatch that names the file and the place, and nothing is changed", async () => {
    const directory = await freshDirectory();
    const log = await openWal(directory, { codec: bytesCodec });
    log.append(Uint8Array.of(0xc0));
    log.append(Uint8Array.of(0xdf, 0xff, 0xff, 0xff, 0xff));
    await log.close();
    const content = await contentOf(directory);
    const codec = msgpackCodec<unknown>();
    const mismatch = { name: "WalError", code: "WAL_CODEC_MISMATCH", offset: expect.any(Number) as number, lsn: 1 };
    const refusals = [await openWal<unknown>(directory, { codec }).catch((error: unknown) => error)];
    const reader = await openWalReader<unknown>(directory, { codec });
    refusals.push(await entriesOf(reader).catch((error: unknown) => error));
    await reader.close();
    for (const refusal of refusals) {
      expect(refusal).toMatchObject(mismatch);
      expect(content.has((refusal as WalError).file ?? "")).toBe(true);
      expect((refusal as WalError).cause).toBeInstanceOf(RangeError);
    }
    const segments = (files: Map<string, Uint8Array>): [string, Uint8Array][] => [...files].filter(([name]) => name.endsWith(".wal"));
    expect(segments(await contentOf(directory))).toEqual(segments(content));
  });

  it("are not taken for the standard ones, nor the standard ones for theirs", async () => {
    const [own, standard] = [await freshDirectory(), await freshDirectory()];
    await (await openWal(own, { codec: msgpackCodec<unknown>() })).close();
    await (await openWal(standard)).close();
    await expect(openWal(own)).rejects.toMatchObject({ code: "WAL_CODEC_MISMATCH" });
    await expect(openWal(standard, { codec: bytesCodec })).rejects.toMatchObject({ code: "WAL_CODEC_MISMATCH" });
  });
});
