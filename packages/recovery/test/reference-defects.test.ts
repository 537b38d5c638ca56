import { openCheckpointManager } from "@laminar/checkpoint";
import { createSimulatedDisk, type SimulatedDisk } from "@laminar/disk/testing";
import { encodeSnapshot } from "@laminar/state-snapshot";
import { openWal, type WalEntryInput } from "@laminar/wal";
import { describe, expect, it } from "vitest";
import { hasState, isCorruption, recover, recoverSimple, type RecoveredState, type RecoveryConfig } from "../src/index.ts";
import { stateOf, textOf } from "./recovered-states.ts";
import { diskWith, filesOf, pathOf, segmentsIn } from "./data-directories.ts";

/*
 * The numbers are those of the study of the reference. What 6 to 8 and 15 to 17 mean for the checkpoints alone stands in that package,
 * what 2 to 5 mean for the log alone in that one.
 */
const PLACES = { checkpointDir: "/data/checkpoints", walDir: "/data/log" };
type Files = Map<string, Uint8Array>;

const encoder = new TextEncoder();
const put = (key: string, value: string): WalEntryInput => ({ type: "put", key: encoder.encode(key), value: encoder.encode(value) });
const commit = (offset: number, watermark = offset * 10): WalEntryInput => ({ type: "commit", offsets: new Map([["s", offset]]), watermark });
const stateAfter = (commits: number): string => textOf(new Map(Array.from({ length: commits }, (_, i) => [`k${i + 1}`, `value ${i + 1}`] as const)));

interface Sample {
  readonly commits: number;
  /** Checkpoints after these commits. */
  readonly checkpoints?: readonly number[];
  readonly truncateWal?: boolean;
  readonly segmentSize?: number;
}

/** Commit n puts `k<n>`, says offset n, and is records 2n - 1 and 2n, in a batch of its own. */
async function written({ commits, checkpoints = [], truncateWal = false, segmentSize = 1 << 20 }: Sample): Promise<Files> {
  const disk = createSimulatedDisk();
  const log = await openWal(PLACES.walDir, { disk, segmentSize });
  const manager = checkpoints.length > 0 ? await openCheckpointManager({ directory: PLACES.checkpointDir, disk, log, truncateWal }) : undefined;
  const state = new Map<string, string>();
  for (let number = 1; number <= commits; number++) {
    state.set(`k${number}`, `value ${number}`);
    const walPosition = log.appendAll([put(`k${number}`, `value ${number}`), commit(number)]);
    await log.sync();
    if (!checkpoints.includes(number)) continue;
    const entries = [...state].map(([key, value]) => [encoder.encode(key), encoder.encode(value)] as const);
    await manager?.create({ walPosition, epoch: number, sourceOffsets: new Map([["s", number]]), watermark: number * 10, state: () => encodeSnapshot(entries) });
  }
  await manager?.close();
  await log.close();
  return filesOf(disk);
}

const from = (disk: SimulatedDisk, config: Partial<RecoveryConfig> = {}): Promise<RecoveredState> => recover({ ...PLACES, disk, ...config });
const fromFiles = async (files: Files, config: Partial<RecoveryConfig> = {}): Promise<RecoveredState> => from(await diskWith(files), config);
const offsetOf = ({ sourceOffsets }: RecoveredState): number => Number(sourceOffsets.get("s") ?? 0n);

/** Requires all of `commits` commits: state, offset and watermark. */
function requireAll(recovered: RecoveredState, commits: number): void {
  expect([textOf(stateOf(recovered)), offsetOf(recovered), recovered.watermark]).toEqual([stateAfter(commits), commits, BigInt(commits * 10)]);
}

/** Exactly that state, or a refusal that says that data is damaged, and not one byte changed either way. */
async function exactOrRefused(files: Files, commits: number, config: Partial<RecoveryConfig> = {}): Promise<"exact" | "refused"> {
  const disk = await diskWith(files);
  try {
    requireAll(await from(disk, config), commits);
    return "exact";
  } catch (error) {
    if (!isCorruption(error)) throw error;
    return "refused";
  } finally {
    if (config.repairWal !== true) expect(filesOf(disk)).toEqual(files);
    for (const [path, content] of files) expect(filesOf(disk).get(path)?.length ?? -1, `${path} was cut`).toBeGreaterThanOrEqual(content.length);
  }
}

/** Writes one more commit the way a program does that starts again, and recovers. */
async function goOn(disk: SimulatedDisk, number: number): Promise<RecoveredState> {
  const log = await openWal(PLACES.walDir, { disk });
  log.appendAll([put(`k${number}`, `value ${number}`), commit(number)]);
  await log.sync();
  await log.close();
  return from(disk);
}

const onlySegment = (files: Files): string => {
  const [segment = "", ...others] = segmentsIn(files);
  expect(others).toEqual([]);
  return segment;
};

function changedAt(files: Files, path: string, at: number, mask: number): Files {
  const bytes = Uint8Array.from(files.get(path) ?? []);
  bytes[at] = (bytes[at] ?? 0) ^ mask;
  return new Map(files).set(path, bytes);
}

/** Where a text stands in a file. */
function find(files: Files, path: string, text: string): number {
  const at = Buffer.from(files.get(path) ?? []).indexOf(text);
  expect(at).toBeGreaterThan(0);
  return at;
}

/** Where the batch begins that holds a text. */
function batchOf(files: Files, path: string, text: string): number {
  const bytes = Buffer.from(files.get(path) ?? []);
  return bytes.lastIndexOf(Uint8Array.of(0xd1, 0xa5, 0xc3, 0xb7), find(files, path, text));
}

function withTail(files: Files, tail: Uint8Array): Files {
  const path = onlySegment(files);
  return new Map(files).set(path, Uint8Array.of(...(files.get(path) ?? []), ...tail));
}

describe("the reference's defect", () => {
  it("1: a flipped bit in a record that a checkpoint covers never takes what was committed after it, repair or not", async () => {
    const files = await written({ commits: 100, checkpoints: [50] });
    const path = onlySegment(files);
    const harmed = changedAt(files, path, find(files, path, "value 10"), 1);
    for (const repairWal of [false, true]) expect(await exactOrRefused(harmed, 100, { repairWal })).toBe("refused");
    const bySegments = await written({ commits: 100, checkpoints: [50], segmentSize: 1024 });
    const covered = segmentsIn(bySegments)[1] ?? "";
    expect(await exactOrRefused(changedAt(bySegments, covered, (bySegments.get(covered)?.length ?? 0) >> 1, 1), 100)).toBe("exact");
  });

  it("2: a tail of zeros is the remains of a write; recovery and what is written later don't mind it", async () => {
    for (const zeros of [1, 8, 64, 4096]) {
      const disk = await diskWith(withTail(await written({ commits: 5 }), new Uint8Array(zeros)));
      for (let again = 0; again < 2; again++) requireAll(await from(disk), 5);
      requireAll(await goOn(disk, 6), 6);
    }
  });

  it("3: nothing is written behind a tail that claims a length it doesn't have: it is left behind, or refused", async () => {
    const longer = await written({ commits: 6 });
    const path = onlySegment(longer);
    const bytes = longer.get(path) ?? new Uint8Array();
    const last = batchOf(longer, path, "value 6");
    for (let length = last; length < find(longer, path, "value 6"); length++) {
      const disk = await diskWith(new Map(longer).set(path, bytes.slice(0, length)));
      requireAll(await from(disk), 5);
      requireAll(await goOn(disk, 6), 6);
      requireAll(await goOn(disk, 7), 7);
    }
    const files = new Map(longer).set(path, bytes.slice(0, last));
    const begun = bytes.slice(last);
    for (const tail of [new Uint8Array(64).fill(0xff), Uint8Array.of(...begun.slice(0, 4), 0xff, 0xff, 0xff, 0xff, ...begun.slice(8))]) {
      const harmed = withTail(files, tail);
      expect(await exactOrRefused(harmed, 5)).toBe("refused");
      const disk = await diskWith(harmed);
      await expect(openWal(PLACES.walDir, { disk })).rejects.toSatisfy(isCorruption);
      requireAll(await from(disk, { onDamage: "stop" }), 5);
    }
  });

  it("4: damage in the middle of the log is refused, and nothing is cut, repair or not", async () => {
    const files = await written({ commits: 1000 });
    const path = onlySegment(files);
    const harmed = changedAt(files, path, find(files, path, "value 5"), 1);
    for (const repairWal of [false, true]) expect(await exactOrRefused(harmed, 1000, { repairWal })).toBe("refused");
    const { report } = await fromFiles(harmed, { onDamage: "stop" });
    expect(report.log).toMatchObject({ lastLsn: 8, commitsApplied: 4, end: { kind: "damaged" } });
  });

  it("5: every bit of a record's length is under a checksum: a flipped one isn't taken for the end of the log", async () => {
    const files = await written({ commits: 100 });
    const path = onlySegment(files);
    const header = batchOf(files, path, "value 5");
    for (let bit = 0; bit < 32; bit++) {
      expect(await exactOrRefused(changedAt(files, path, header + 4 + (bit >> 3), 1 << (bit & 7)), 100), `bit ${bit} of the length`).toBe("refused");
    }
  });

  it("6: a state that can't be read is never left out while its offsets are taken", async () => {
    const state = pathOf(2, "state.bin");
    for (const truncateWal of [false, true]) {
      const files = await written({ commits: 60, checkpoints: [20, 50], truncateWal, segmentSize: 1024 });
      const harms = [(copy: Files) => copy.delete(state), ...[new Uint8Array(), encoder.encode("junk"), (files.get(state) ?? new Uint8Array()).slice(0, 40)].map((bytes) => (copy: Files) => copy.set(state, bytes))];
      for (const harm of harms) {
        const copy = new Map(files);
        harm(copy);
        expect(await exactOrRefused(copy, 60)).toBe("exact");
        copy.delete(pathOf(1, "state.bin"));
        expect(await exactOrRefused(copy, 60)).toBe(truncateWal ? "refused" : "exact");
      }
      const disk = await diskWith(files);
      disk.plan(({ kind, path }) => (path.endsWith(state) && (kind === "open" || kind === "read") ? { kind: "error", errno: "EIO" } : undefined));
      await expect(from(disk)).rejects.toMatchObject({ code: "CHECKPOINT_IO" });
    }
  });

  it("7: no flipped byte of a state becomes another state, nor does one byte more or less", async () => {
    const files = await written({ commits: 6, checkpoints: [2, 4] });
    const path = pathOf(2, "state.bin");
    const bytes = files.get(path) ?? new Uint8Array();
    for (let at = 0; at < bytes.length; at++) {
      const recovered = await fromFiles(changedAt(files, path, at, 1 << (at & 7)));
      requireAll(recovered, 6);
      expect([recovered.checkpointId, recovered.report.skippedCheckpoints.map(({ reason }) => reason)], `byte ${at}`).toEqual([1, ["damaged"]]);
    }
    for (const other of [bytes.slice(0, -1), Uint8Array.of(...bytes, 0)]) expect((await fromFiles(new Map(files).set(path, other))).checkpointId).toBe(1);
  });

  it("8: an older checkpoint takes the place of a newest one whose metadata or state are damaged", async () => {
    const files = await written({ commits: 60, checkpoints: [20, 40, 50], truncateWal: true, segmentSize: 1024 });
    for (const file of ["metadata.json", "state.bin"] as const) {
      for (const bytes of [new Uint8Array(), encoder.encode("junk")]) {
        const recovered = await fromFiles(new Map(files).set(pathOf(3, file), bytes));
        requireAll(recovered, 60);
        expect([recovered.checkpointId, recovered.report.skippedCheckpoints.map(({ id }) => id)]).toEqual([2, [3]]);
      }
    }
  });

  it("9: what no commit covers isn't replayed: the count says what the offset says", async () => {
    const disk = createSimulatedDisk();
    const log = await openWal(PLACES.walDir, { disk });
    log.appendAll([put("count", "1"), commit(1)]);
    log.append(put("count", "2"));
    await log.sync();
    await log.close();
    const recovered = await from(disk);
    expect([textOf(stateOf(recovered)), offsetOf(recovered), recovered.report.log?.entriesDiscarded]).toEqual(["count=1", 1, 1]);
  });

  it("10: what a writer left uncommitted is adopted by no later writer's commit, nor by one after a fence", async () => {
    const disk = createSimulatedDisk();
    let log = await openWal(PLACES.walDir, { disk });
    log.appendAll([put("k1", "value 1"), commit(1), put("orphan", "!")]);
    await log.sync();
    await log.close();
    requireAll(await goOn(disk, 2), 2);
    log = await openWal(PLACES.walDir, { disk });
    const before = log.lastLsn;
    log.append(put("orphan", "!"));
    await log.sync();
    await log.truncateAfter(before);
    log.appendAll([put("k3", "value 3"), commit(3)]);
    await log.close();
    requireAll(await from(disk), 3);
  });

  it("11: with the defaults, changes are given with the offsets that stand for them", async () => {
    const disk = await diskWith(await written({ commits: 100 }));
    const recovered = await from(disk);
    expect([hasState(recovered), recovered.stateChanges.length, recovered.walEntriesReplayed]).toEqual([true, 100, 200]);
    requireAll(recovered, 100);
    const without = await from(disk, { collectStateChanges: false });
    expect([without.stateChanges.length, without.report.log?.entriesApplied]).toEqual([0, 100]);
    expect(hasState(await recoverSimple("nowhere", "nowhere either"))).toBe(false);
  });

  it("12: neither offsets nor watermark go backward, from a checkpoint to the log or within it", async () => {
    const disk = createSimulatedDisk();
    const log = await openWal(PLACES.walDir, { disk });
    const manager = await openCheckpointManager({ directory: PLACES.checkpointDir, disk, log });
    log.appendAll([put("k1", "value 1"), commit(500, 5000)]);
    await log.sync();
    await manager.create({ walPosition: 2, sourceOffsets: new Map([["s", 500]]), watermark: 5000, state: () => encodeSnapshot([[encoder.encode("k1"), encoder.encode("value 1")]]) });
    log.appendAll([commit(10, 100), commit(600, 4000), commit(20, 6000), commit(30, 50)]);
    await manager.close();
    await log.close();
    for (const config of [{}, { checkpointDir: undefined }]) {
      const recovered = await from(disk, config);
      expect([offsetOf(recovered), recovered.watermark]).toEqual([600, 6000n]);
    }
  });

  it("13: a limit of entries gives the state of a commit and says that it is partial, wherever it falls", async () => {
    const files = await written({ commits: 20, checkpoints: [5] });
    for (let limit = 1; limit <= 31; limit++) {
      const recovered = await fromFiles(files, { maxWalEntries: limit });
      requireAll(recovered, 5 + Math.min(15, limit >> 1));
      expect(recovered.report.partial, `limit ${limit}`).toBe(limit < 30);
    }
  });

  it("14: a position past the log's end is refused, and so is a new log in the old one's place", async () => {
    const files = await written({ commits: 60, checkpoints: [50] });
    const path = onlySegment(files);
    const short = new Map(files).set(path, (files.get(path) ?? new Uint8Array()).slice(0, batchOf(files, path, "value 50")));
    const refusal = { code: "RECOVERY_POSITION_BEYOND_LOG", expected: 100, actual: 98 };
    expect(await fromFiles(short).catch((error: unknown) => error)).toMatchObject(refusal);
    short.set(pathOf(1, "state.bin"), new Uint8Array());
    expect(await fromFiles(short).catch((error: unknown) => error), "with the checkpoint's state damaged").toMatchObject(refusal);
    const emptied = new Map([...files].filter(([name]) => !name.startsWith("log/")));
    for (const commits of [0, 3, 60, 80]) {
      const fresh = new Map([...emptied, ...(await written({ commits }))]);
      expect(await fromFiles(fresh).catch((error: unknown) => error), `a new log of ${commits} commits`).toMatchObject({ code: "RECOVERY_LOG_MISMATCH" });
    }
  });

  it("15: wrong places make no directory, and are no fresh start where there was a state", async () => {
    const disk = createSimulatedDisk();
    expect((await from(disk)).report.freshStart).toBe(true);
    await expect(from(disk, { mustExist: true })).rejects.toMatchObject({ code: "RECOVERY_NOT_FOUND" });
    expect(disk.listSync("/")).toEqual([]);
    const files = await written({ commits: 60, checkpoints: [50], truncateWal: true, segmentSize: 1024 });
    await expect(fromFiles(files, { walDir: "/data/lgo" })).rejects.toMatchObject({ code: "RECOVERY_LOG_MISSING" });
    await expect(fromFiles(files, { checkpointDir: "/data/chekpoints" })).rejects.toMatchObject({ code: "RECOVERY_LOG_STARTS_LATER" });
  });

  it("16: a stray directory that looks like a checkpoint is reported and stands in nobody's way", async () => {
    const files = await written({ commits: 60, checkpoints: [50], truncateWal: true, segmentSize: 1024 });
    const names = ["checkpoint_ff", "checkpoint_00000000000000FF", "checkpoint_ffffffffffffffff", "checkpoint_"];
    for (const name of names) files.set(`checkpoints/${name}/metadata.json`, files.get(pathOf(1, "metadata.json")) ?? new Uint8Array());
    const recovered = await fromFiles(files);
    requireAll(recovered, 60);
    expect([recovered.checkpointId, [...recovered.report.ignoredNames].sort()]).toEqual([1, [...names].sort()]);
  });

  it("17: a checkpoint under another's number is no checkpoint, and the true ones are used", async () => {
    const files = await written({ commits: 60, checkpoints: [20, 50], truncateWal: true, segmentSize: 1024 });
    for (const file of ["metadata.json", "state.bin"] as const) files.set(pathOf(9, file), files.get(pathOf(1, file)) ?? new Uint8Array());
    const recovered = await fromFiles(files);
    requireAll(recovered, 60);
    expect([recovered.checkpointId, recovered.report.skippedCheckpoints.map(({ id, reason }) => [id, reason])]).toEqual([2, [[9, "damaged"]]]);
  });

  it("20: the epoch is the newest that a checkpoint of this state says, and doesn't go backward with damage", async () => {
    const files = await written({ commits: 60, checkpoints: [20, 50] });
    expect((await fromFiles(files)).epoch).toBe(50);
    expect((await fromFiles(new Map(files).set(pathOf(2, "state.bin"), new Uint8Array()))).epoch).toBe(50);
    expect((await fromFiles(files, { until: 80 })).epoch).toBe(20);
    expect((await fromFiles(files, { checkpointDir: undefined })).epoch).toBe(0);
  });
});
