import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { bytesCodec, msgpackCodec, openWal, openWalReader, type WalEntry, type WalEntryInput } from "../src/index.ts";
import { dump } from "../src/cli/dump-command.ts";
import { DAMAGES } from "./damages.ts";
import { freshDirectory, lsnsOf, put, seeded } from "./logs.ts";
import { copyOf, lookAt, runCommand, writeSampleLog } from "./run-command.ts";

interface Line {
  readonly lsn: number;
  readonly session: number;
  readonly type: string;
  readonly salvaged?: boolean;
  readonly [field: string]: unknown;
}

const linesOf = (stdout: string): Line[] => stdout.split("\n").slice(0, -1).map((line) => JSON.parse(line) as Line);

const bytesOf = (json: unknown): Uint8Array =>
  typeof json === "string" ? new TextEncoder().encode(json) : new Uint8Array(Buffer.from((json as { readonly base64: string }).base64, "base64"));

/** What a script makes of a line, from what `--help` says. */
function entryOf(line: Line): WalEntry {
  if (line.type === "put") return { type: "put", key: bytesOf(line["key"]), value: bytesOf(line["value"]) };
  if (line.type === "delete") return { type: "delete", key: bytesOf(line["key"]) };
  if (line.type === "checkpoint") return { type: "checkpoint", id: line["id"] as number };
  const offsets = new Map(Object.entries(line["offsets"] as Record<string, string>).map(([source, offset]) => [source, BigInt(offset)]));
  const watermark = line["watermark"] as string | undefined;
  return watermark === undefined ? { type: "commit", offsets } : { type: "commit", offsets, watermark: BigInt(watermark) };
}

async function heldBy(directory: string, options: { after?: number; unproven?: boolean } = {}): Promise<{ lsn: number; session: number; entry: WalEntry }[]> {
  const held = [];
  for await (const { firstLsn, session, entries } of (await openWalReader(directory)).read(options)) {
    for (const [i, entry] of entries.entries()) held.push({ lsn: firstLsn + i, session, entry });
  }
  return held;
}

/** Any bytes, text, and text with what JSON has to escape. */
function randomBytes(random: () => number): Uint8Array {
  const length = Math.floor(random() * 40);
  const kind = random();
  if (kind < 0.4) return Uint8Array.from({ length }, () => random() * 256);
  const alphabet = kind < 0.7 ? "abc xyz09" : '"\\/\n\t\r\u00e9\u2028\ufeff\u{1f600}\u0000\u0085\u007f';
  const letters = Array.from(alphabet);
  return new TextEncoder().encode(Array.from({ length }, () => letters[Math.floor(random() * letters.length)]).join(""));
}

function randomEntry(random: () => number): WalEntryInput {
  const kind = random();
  if (kind < 0.6) return { type: "put", key: randomBytes(random), value: randomBytes(random) };
  if (kind < 0.75) return { type: "delete", key: randomBytes(random) };
  if (kind < 0.8) return { type: "checkpoint", id: Math.floor(random() * Number.MAX_SAFE_INTEGER) };
  const big = [2n ** 64n - 1n, -(2n ** 63n), 0n, 9007199254740993n, BigInt(Math.floor(random() * 1e6))];
  const pick = (): bigint => big[Math.floor(random() * big.length)] ?? 0n;
  const sources = ["a", "__proto__", "7", "", "ü"].filter(() => random() < 0.4);
  return { type: "commit", offsets: new Map(sources.map((source) => [source, pick()])), watermark: random() < 0.5 ? pick() : undefined };
}

async function writeRandomLog(random: () => number): Promise<string> {
  const directory = await freshDirectory();
  for (let opened = 0; opened < 3; opened++) {
    const log = await openWal(directory, { segmentSize: 1024 + Math.floor(random() * 4096), maxBatchSize: 600 });
    for (let step = 0; step < 30; step++) {
      const group = Array.from({ length: Math.floor(random() * 4) }, () => randomEntry(random));
      log.appendAll(group);
      if (random() < 0.5) await log.sync();
      if (random() < 0.04) await log.truncateAfter(Math.max(log.startsAfter, log.lastLsn - Math.floor(random() * 10)));
      if (random() < 0.04) await log.truncateBefore(Math.floor(random() * log.lastLsn));
    }
    await log.close();
  }
  return directory;
}

const LOGS = 8;

it(`dumps what reading gives, entry by entry and byte by byte, of ${LOGS} random logs and from random positions`, async () => {
  let entries = 0;
  for (let seed = 1; seed <= LOGS; seed++) {
    const random = seeded(seed);
    const directory = await writeRandomLog(random);
    const held = await heldBy(directory);
    const after = held[Math.floor(random() * held.length)]?.lsn ?? 0;
    for (const options of [[], ["--after", `${after}`], ["--after", `${after}`, "--limit", "7"]]) {
      const outcome = await lookAt(directory, "dump", ...options);
      expect(outcome, `seed ${seed}`).toMatchObject({ code: 0, stderr: "" });
      const expected = held.filter(({ lsn }) => options.length === 0 || lsn > after).slice(0, options.length === 4 ? 7 : undefined);
      const lines = linesOf(outcome.stdout);
      expect(lines.map((line) => ({ lsn: line.lsn, session: line.session, entry: entryOf(line) })), `seed ${seed}, after ${after}`).toEqual(expected);
      entries += lines.length;
    }
  }
  expect(entries).toBeGreaterThan(500);
  console.log(`seeds 1 to ${LOGS}, ${entries} lines of dumps equal to what reading gave`);
});

it("dumps entries of a codec as bytes", async () => {
  const directory = await freshDirectory();
  const codec = { encode: (entry: object) => new TextEncoder().encode(JSON.stringify(entry)), decode: (): object => ({}) };
  const log = await openWal(directory, { codec });
  log.appendAll([{ event: "begun" }, { event: "done" }]);
  await log.close();
  expect(await lookAt(directory, "dump")).toEqual({
    code: 0,
    stderr: "",
    stdout: '{"lsn":1,"session":1,"type":"entry","value":"{\\"event\\":\\"begun\\"}"}\n{"lsn":2,"session":1,"type":"entry","value":"{\\"event\\":\\"done\\"}"}\n',
  });
  expect((await lookAt(directory, "inspect")).stdout).toMatch(/^entries +bytes of a codec$/m);
  expect(await lookAt(directory, "verify")).toMatchObject({ code: 0, stderr: "" });
});

it("dumps entries of MessagePack decoded, each value in a form of its own, and what isn't MessagePack as bytes", async () => {
  const directory = await freshDirectory();
  const log = await openWal(directory, { codec: bytesCodec });
  const { encode } = msgpackCodec<unknown>();
  const values: [unknown, unknown][] = [
    [{ event: "begun", at: 5, ok: true, none: null }, { event: "begun", at: 5, ok: true, none: null }],
    [7n, { $bigint: "7" }],
    [[undefined, -0, Number.NaN, Number.NEGATIVE_INFINITY], [{ $undefined: true }, { $number: "-0" }, { $number: "NaN" }, { $number: "-Infinity" }]],
    [Uint8Array.of(1, 255), { $bytes: "Af8=" }],
    [new Date(0), { $date: "1970-01-01T00:00:00.000Z" }],
    [new Map<unknown, unknown>([[1, { a: 2n }]]), { $map: [[1, { a: { $bigint: "2" } }]] }],
    [{ $bigint: "7" }, { $object: [["$bigint", "7"]] }],
    [{ $object: [] }, { $object: [["$object", []]] }],
    [{ ["__proto__"]: 1, $a: 2 }, JSON.parse('{"__proto__":1,"$a":2}')],
  ];
  for (const [value] of values) log.append(encode(value));
  log.append(Uint8Array.of(0xc1));
  await log.close();
  const lines = linesOf((await lookAt(directory, "dump", "--msgpack")).stdout);
  expect(lines.map((line) => line["decoded"])).toEqual([...values.map(([, json]) => json), undefined]);
  expect(lines.at(-1)).toEqual({ lsn: 10, session: 1, type: "entry", value: { base64: "wQ==" } });
});

it("prints no control character that a terminal could obey", async () => {
  const directory = await freshDirectory();
  const log = await openWal(directory);
  const name = "\u0000\u001b[31m\u007f\u009b31m";
  log.append({ type: "commit", offsets: new Map([[name, 1n]]) });
  log.append(put(name, name));
  await log.close();
  const { stdout } = await lookAt(directory, "dump");
  // oxlint-disable-next-line no-control-regex
  expect(stdout.replaceAll("\n", "")).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  expect(linesOf(stdout)[0]?.["offsets"]).toEqual({ [name]: "1" });
});

it("gives what isn't proven durable only when it is asked for", async () => {
  const directory = await freshDirectory();
  const log = await openWal(directory);
  for (const key of ["a", "b"]) {
    log.append(put(key, ""));
    await log.sync();
  }
  const killed = await copyOf(directory);
  await log.close();
  expect(lsnsOf(linesOf((await lookAt(killed, "dump")).stdout))).toEqual([1]);
  expect(lsnsOf(linesOf((await lookAt(killed, "dump", "--unproven")).stdout))).toEqual([1, 2]);
  expect(lsnsOf(linesOf((await lookAt(killed, "dump", "--salvage")).stdout))).toEqual([1, 2]);
});

it("says with 3 that a position isn't held: one that was dropped, and one that a fence took out of use", async () => {
  const directory = await writeSampleLog();
  const fenced = await lookAt(directory, "dump", "--after", "25");
  expect(fenced).toMatchObject({ code: 3, stdout: "" });
  expect(fenced.stderr).toMatch(/^laminar-wal: WAL_POSITION_FENCED: /);
  const log = await openWal(directory);
  await log.truncateBefore(10);
  await log.close();
  const dropped = await lookAt(directory, "dump", "--after", "3");
  expect(dropped).toMatchObject({ code: 3, stdout: "" });
  expect(dropped.stderr).toMatch(/^laminar-wal: WAL_TRUNCATED: /);
});

describe("a damaged log", () => {
  it.each(DAMAGES)("with $name: is refused, read up to the damage, or salvaged", async ({ code, lastLsn, salvaged, apply }) => {
    const directory = await writeSampleLog();
    const whole = linesOf((await runCommand(["dump", directory])).stdout);
    await apply(directory);

    const refused = await lookAt(directory, "dump");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(new RegExp(`^laminar-wal: ${code}: .+ with dump --on-damage stop.*\\n$`));
    const given = linesOf(refused.stdout);
    expect(whole.slice(0, given.length)).toEqual(given);

    const stopped = await lookAt(directory, "dump", "--on-damage", "stop", "--unproven");
    expect(stopped.code).toBe(1);
    expect(stopped.stderr).toMatch(new RegExp(`^laminar-wal: the log is damaged; this dump goes up to record ${lastLsn}\\. WAL_[A-Z_]+: .+\\n$`));
    expect(linesOf(stopped.stdout).at(-1)?.lsn).toBe(lastLsn);

    const saved = await lookAt(directory, "dump", "--salvage");
    expect(saved.code).toBe(1);
    expect(saved.stderr.startsWith(stopped.stderr)).toBe(true);
    expect(saved.stderr).toMatch(salvaged.length > 0 ? /\n.* salvaged behind the damage; between them others may be missing\n$/ : /\n.*nothing more verifies behind the damage\n$/);
    const lines = linesOf(saved.stdout);
    expect(saved.stdout.startsWith(stopped.stdout)).toBe(true);
    expect(lsnsOf(lines.filter((line) => line.salvaged))).toEqual(salvaged);
    const isWhole = (line: Line): boolean => whole.some((other) => JSON.stringify(other) === JSON.stringify({ ...line, salvaged: undefined }));
    expect(lines.filter((line) => !isWhole(line)).map(({ lsn }) => lsn)).toEqual(code === "WAL_LOST_SEGMENT" && lastLsn === 26 ? [25, 26] : []);
  });

  it("isn't judged further than a limit", async () => {
    const directory = await writeSampleLog();
    await DAMAGES[0]?.apply(directory);
    for (const options of [[], ["--on-damage", "stop"], ["--salvage"]]) {
      const outcome = await lookAt(directory, "dump", "--limit", "8", ...options);
      expect(outcome).toMatchObject({ code: 0, stderr: "" });
      expect(linesOf(outcome.stdout)).toHaveLength(8);
    }
  });
});

it("waits for a slow reader of its output instead of piling it up", async () => {
  const directory = await freshDirectory();
  const log = await openWal(directory);
  for (let i = 0; i < 20_000; i++) log.append(put(`key ${i}`, "x".repeat(100)));
  await log.close();
  const seen = { most: 0, all: 0 };
  const slow = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      seen.most = Math.max(seen.most, slow.writableLength);
      seen.all += chunk.length;
      setImmediate(done);
    },
  });
  expect(await dump({ command: "dump", directory, after: undefined, limit: Number.POSITIVE_INFINITY, unproven: false, msgpack: false, beyondDamage: "refuse" }, { stdout: slow, stderr: slow })).toBe(0);
  expect(seen.all).toBeGreaterThan(2_000_000);
  expect(seen.most).toBeLessThan(70_000);
});

it("prints a log that is larger than its memory", async () => {
  const directory = await freshDirectory();
  const log = await openWal(directory);
  for (let i = 0; i < 150_000; i++) {
    log.append(put(`key ${i}`, "x".repeat(200)));
    if (i % 5000 === 0) await log.ready();
  }
  await log.close();
  const outcome = await runCommand(["dump", directory], { nodeFlags: ["--max-old-space-size=24"] });
  expect(outcome).toMatchObject({ code: 0, stderr: "" });
  expect(outcome.stdout.length).toBeGreaterThan(36_000_000);
  console.log(`${outcome.stdout.length} characters printed with 24 MiB for objects`);
});
