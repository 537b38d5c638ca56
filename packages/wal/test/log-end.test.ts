import { createSimulatedDisk } from "@laminar/disk/testing";
import { describe, expect, it } from "vitest";
import { isWalError, openWal, type WalEntry } from "../src/index.ts";
import { judgeEnd } from "../src/log-end.ts";
import { readLogImage } from "../src/testing/index.ts";
import { commit, put } from "./logs.ts";
import { endVerdict } from "./model/model-end.ts";
import { encodeEntry } from "./model/model-entries.ts";
import { batchHeadAt, encodeBatch } from "./model/model-format.ts";
import { RULES } from "./model/rules.ts";

/*
 * The rules for the end of a log are a table: what is found where nothing verifies, and what that means. Here the conditions
 * of its rows are spelled out, every combination of them is made as bytes, and the table says what must come out. Its first row,
 * a read that fails or is short, never gets here: read-faults.test.ts has it.
 */

const SALT = 0x0102_0304;
const EXPECTED = 100;

/** What may be found, one thing of each line. */
const CONDITIONS = {
  /** The four standard ones, or a codec's. */
  entries: ["standard", "codec"],
  /** Where the batch begins: with a sector, in one, or so that its header lies in two. */
  position: [128, 512, 500],
  /** Of the batch's header: it verifies, or one bit, or two bits of it are wrong, or its part in a second sector never arrived. */
  head: ["verifies", "one bit", "two bits", "half lost"],
  firstLsn: [EXPECTED, EXPECTED - 1, EXPECTED + 1],
  durableLsn: [0, EXPECTED - 1, EXPECTED],
  /** Whether what was written fills a sector with zeros. */
  data: ["dense", "zeros"],
  /** Of the body: it verifies; one bit of it is wrong, or the one bit that a sector holds, or two; a sector of it, or its end, never arrived. */
  body: ["verifies", "one bit", "lone bit", "two bits", "sector lost", "end lost"],
  /** The number of entries that the header says is the one that the body holds. */
  count: ["right", "wrong"],
  /** Where the file ends: behind the batch, in its body, or in its header. */
  file: ["behind", "in the body", "in the header"],
  /** What stands behind the batch. */
  behind: ["nothing", "zeros", "a batch", "a batch that proves"],
} as const;

type Case = { readonly [K in keyof typeof CONDITIONS]: (typeof CONDITIONS)[K][number] };
type Verdict = "clean" | "torn" | "corrupt" | "suspected";

function* allCases(): Generator<Case> {
  const keys = Object.keys(CONDITIONS) as (keyof Case)[];
  const choose = function* (at: number, chosen: Partial<Record<keyof Case, unknown>>): Generator<Case> {
    const key = keys[at];
    if (key === undefined) yield chosen as unknown as Case;
    else for (const value of CONDITIONS[key]) yield* choose(at + 1, { ...chosen, [key]: value });
  };
  for (const one of choose(0, {})) if (isPossible(one)) yield one;
}

function isPossible({ position, head, body, firstLsn, count, data, file, behind }: Case): boolean {
  // Then it is a batch, and no end.
  if (head === "verifies" && body === "verifies" && firstLsn === EXPECTED && file === "behind") return false;
  if (head === "half lost" && position !== 500) return false;
  // A sector with one bit in it needs a sector of zeros.
  if (body === "lone bit" && data !== "zeros") return false;
  if (file !== "behind" && behind !== "nothing") return false;
  if (file === "in the header" && (head !== "verifies" || body !== "verifies")) return false;
  if (file === "in the body" && body !== "verifies") return false;
  // Of a body that doesn't verify nobody counts the entries, unless a bit is set right.
  return count === "right" || body === "one bit" || body === "lone bit" || (head === "one bit" && body === "verifies");
}

/** What the table says, row by row. */
function verdictOf({ head, firstLsn, durableLsn, data, body, count, file, behind }: Case): Verdict {
  if (behind === "a batch that proves") return "corrupt";
  const verifies = head === "verifies" && file !== "in the header";
  if (verifies && firstLsn !== EXPECTED) return "corrupt";
  if (verifies && durableLsn >= EXPECTED) return "corrupt";
  const isWithin = file === "behind" || (!verifies && file === "in the body");
  const zeroShare = verifies ? data === "zeros" || body === "sector lost" : head === "half lost";
  if (isWithin && !zeroShare && !(verifies && body === "end lost")) return "suspected";
  const flips = (head === "one bit" ? 1 : head === "verifies" ? 0 : 2) + (body === "one bit" || body === "lone bit" ? 1 : body === "verifies" ? 0 : 2);
  if (file === "behind" && flips === 1 && body !== "lone bit" && count === "right") return "suspected";
  return "torn";
}

const text = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => 97 + (i % 26));

/** In the middle of a sector that is all zeros, wherever the batch begins. */
const LONE_AT = 1024 + 256;

/** The bytes of a case, as the file has them. */
function bytesOf(one: Case): Uint8Array {
  const { position } = one;
  const value = one.data === "dense" ? text(1300) : Buffer.concat([text(150), new Uint8Array(1700), text(50)]);
  const entries: WalEntry[] = [{ type: "put", key: text(2), value }, { type: "delete", key: text(3) }];
  const body = Buffer.concat([...(one.entries === "standard" ? entries.map(encodeEntry) : [binary(value), binary(text(3))]), Uint8Array.of(0xa5)]);
  const written = new Uint8Array(body);
  if (one.body === "lone bit") written[LONE_AT - position - 48] = 0x10;
  const head = { firstLsn: one.firstLsn, count: one.count === "right" ? 2 : 3, flags: 0, session: 1, durableLsn: one.durableLsn };
  const batch = new Uint8Array(encodeBatch(SALT, position, head, written));
  damage(batch, one);
  const file = new Uint8Array(Buffer.concat([new Uint8Array(position), batch, behindOf(one, position + batch.length)]));
  if (one.file === "in the header") return file.subarray(0, position + 30);
  return one.file === "in the body" ? file.subarray(0, position + 400) : file;
}

const binary = (bytes: Uint8Array): Uint8Array => Buffer.concat([Uint8Array.of(0xc5, bytes.length >> 8, bytes.length & 0xff), bytes]);

function damage(batch: Uint8Array, { position, head, body }: Case): void {
  const flip = (at: number, bit: number): void => void (batch[at] = (batch[at] ?? 0) ^ (1 << bit));
  if (head === "one bit" || head === "two bits") flip(20, 3);
  if (head === "two bits") flip(33, 1);
  if (head === "half lost") batch.fill(0, 512 - position, 48);
  if (body === "one bit" || body === "two bits") flip(60, 5);
  if (body === "two bits") flip(70, 2);
  if (body === "lone bit") flip(LONE_AT - position, 4);
  if (body === "sector lost") batch.fill(0, 512 * Math.floor((position + batch.length - 1) / 512) - position);
  if (body === "end lost") batch.fill(0, batch.length - 5);
}

function behindOf({ behind }: Case, position: number): Uint8Array {
  if (behind === "nothing") return new Uint8Array(0);
  if (behind === "zeros") return new Uint8Array(700);
  const durableLsn = behind === "a batch that proves" ? EXPECTED : EXPECTED - 1;
  return encodeBatch(SALT, position, { firstLsn: EXPECTED + 2, count: 1, flags: 0, session: 1, durableLsn }, Uint8Array.of(0xa5));
}

describe("the table of the rules for the end of a log", () => {
  it("is what judges, in every combination of its conditions", () => {
    const counts: Record<Verdict, number> = { clean: 0, torn: 0, corrupt: 0, suspected: 0 };
    for (const one of allCases()) {
      const file = bytesOf(one);
      const { position } = one;
      const verdict = verdictOf(one);
      const entryKind = one.entries === "standard" ? 1 : 2;
      const found = judgeEnd({ bytes: file.subarray(position), position, salt: SALT, entryKind, expected: EXPECTED }).kind;
      if (found !== verdict) expect.fail(`${JSON.stringify(one)} is judged ${found}, not ${verdict}`);
      // The model reads standard entries only.
      const other = entryKind === 1 ? endVerdict({ file, position, salt: SALT, expected: EXPECTED }, RULES) : verdict;
      if (other !== verdict) expect.fail(`the model judges ${JSON.stringify(one)} ${other}, not ${verdict}`);
      counts[verdict]++;
    }
    console.log(`${Object.values(counts).reduce((sum, count) => sum + count)} combinations: ${Object.entries(counts).map(([verdict, count]) => `${count} ${verdict}`).join(", ")}`);
    expect(Math.min(counts.torn, counts.corrupt, counts.suspected)).toBeGreaterThan(50);
  });

  it.each([0, 1, 47, 48, 511, 512, 5000])("takes %i zeros to the end of the file for a clean end", (length) => {
    for (const position of CONDITIONS.position) {
      expect(judgeEnd({ bytes: new Uint8Array(length), position, salt: SALT, entryKind: 1, expected: EXPECTED })).toEqual({ kind: "clean" });
    }
  });
});

describe("a segment that isn't the newest", () => {
  it("may end anywhere behind what counts of it, and nowhere before: every cut of every one", async () => {
    const disk = createSimulatedDisk();
    const directory = "/log";
    const log = await openWal(directory, { disk, segmentSize: 1024 });
    for (let i = 1; i <= 9; i++) {
      log.appendAll([put(`${i}`, "x".repeat(250)), commit(i)]);
      await log.sync();
    }
    // Of the newest segment until now only a part counts from here on.
    await log.truncateAfter(14);
    log.append(commit(10));
    await log.close();
    const files = new Map([...disk.killed().files].filter(([path]) => !path.includes("LOCK")));
    const whole = JSON.stringify(readLogImage({ directory, files }).batches.map(({ firstLsn, entries }) => [firstLsn, entries.length]));
    const names = [...files.keys()].filter((path) => path.endsWith(".wal")).sort();
    const counts = { goesOn: 0, corrupt: 0 };
    for (const [i, name] of names.slice(0, -1).entries()) {
      const bytes = files.get(name) as Uint8Array;
      const limit = Math.min(...names.slice(i + 1).map((later) => Number(new DataView((files.get(later) as Uint8Array).buffer).getBigUint64(56, true))));
      for (let length = 128; length < bytes.length; length++) {
        const damaged = new Map(files).set(name, bytes.slice(0, length));
        const expected = nextLsnOf(bytes.slice(0, length)) > limit ? whole : "WAL_CORRUPT";
        expect(outcomeOf(directory, damaged), `${name} cut at ${length}`).toBe(expected);
        if (expected === whole) counts.goesOn++;
        else counts.corrupt++;
      }
    }
    console.log(`${counts.goesOn} cuts behind what counts, ${counts.corrupt} before it`);
    expect(Math.min(counts.goesOn, counts.corrupt)).toBeGreaterThan(100);
  });
});

/** The number that comes after the last whole batch. */
function nextLsnOf(segment: Uint8Array): number {
  const data = new DataView(segment.buffer, segment.byteOffset);
  let nextLsn = Number(data.getBigUint64(64, true));
  for (let position = 128; ; ) {
    const head = batchHeadAt(segment, position, data.getUint32(48, true));
    if (!head || position + 48 + head.length > segment.length) return nextLsn;
    nextLsn += head.count;
    position += 48 + head.length;
  }
}

function outcomeOf(directory: string, files: ReadonlyMap<string, Uint8Array>): string {
  try {
    return JSON.stringify(readLogImage({ directory, files }).batches.map(({ firstLsn, entries }) => [firstLsn, entries.length]));
  } catch (error) {
    if (isWalError(error)) return error.code;
    throw error;
  }
}
