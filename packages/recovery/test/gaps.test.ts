import { StateSnapshot } from "@laminar/state-snapshot";
import type { WalBatch, WalEntry } from "@laminar/wal";
import { describe, expect, it } from "vitest";
import { recoverCore, type RecoveryParts } from "../src/core/index.ts";
import { recover, type RecoveredState } from "../src/index.ts";
import { recoveryRules } from "../src/recovery-config.ts";
import { type MemoryCheckpoint, memoryCheckpointReader, memoryLogReader } from "../src/testing/index.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const put = (key: string, value = "v"): WalEntry => ({ type: "put", key: bytes(key), value: bytes(value) });
const commit = (offset = 0n, watermark?: bigint): WalEntry => ({ type: "commit", offsets: new Map([["s", offset]]), watermark });
const batch = (firstLsn: number, session: number, ...entries: WalEntry[]): WalBatch<WalEntry> => ({ firstLsn, session, entries });
const state = StateSnapshot.from([[bytes("from"), bytes("checkpoint")]]).toBytes();
const at = (id: number, walPosition: number, rest: Partial<MemoryCheckpoint> = {}): MemoryCheckpoint => ({ id, walPosition, walId: "A", state, ...rest });
/** Records 1 to 6: three commits at 2, 4, 6. */
const three = [batch(1, 1, put("a"), commit(1n, 10n)), batch(3, 1, put("b"), commit(2n, 20n)), batch(5, 1, put("c"), commit(3n, 30n))];
const logA = memoryLogReader(three, { logId: "A" });
const keys = ({ stateChanges }: RecoveredState): string => stateChanges.map(({ key }) => new TextDecoder().decode(key)).join("");
const refusal = (code: string): unknown => expect.objectContaining({ name: "RecoveryError", code });

describe("a gap is never a state", () => {
  it("a gap is refused, not looked for again and again, while a writer goes on behind it", async () => {
    let opened = 0;
    const parts: RecoveryParts = {
      checkpoints: undefined,
      openLog: async () => {
        opened++;
        return memoryLogReader([batch(6, 1, ...Array.from({ length: opened }, () => commit()))], { logId: "A", startsAfter: 5 });
      },
      decode: () => {
        throw new Error("there is no checkpoint");
      },
      snapshot: async () => StateSnapshot.from([]),
      monotonic: () => 0,
    };
    await expect(recoverCore(parts, recoveryRules({ wal: logA }))).rejects.toThrow(refusal("RECOVERY_LOG_STARTS_LATER"));
    expect(opened).toBe(2);
  });

  it("a checkpoint that is withdrawn while it is read, after two looks that showed it, is no damage: the next look finds the next", async () => {
    const [before, after] = [memoryCheckpointReader([at(1, 4, { state })]), memoryCheckpointReader([at(2, 6, { state })])];
    let surveys = 0;
    const checkpoints: typeof before = {
      survey: () => (++surveys <= 2 ? before : after).survey(),
      verify: (metadata, options) => after.verify(metadata, options),
      readPart: (part) => after.readPart(part),
    };
    const log = memoryLogReader(three.slice(1), { logId: "A", startsAfter: 2 });
    expect(await recover({ checkpoints, wal: log })).toMatchObject({ checkpointId: 2, walPosition: 6 });
    expect(surveys).toBe(4);
  });

  it("a point in time before every checkpoint is refused without a log, not an empty state", async () => {
    for (const walId of [undefined, "A"]) {
      const checkpoints = memoryCheckpointReader([at(1, 5, { walId })]);
      for (const acceptMissingLog of [false, true]) {
        await expect(recover({ checkpoints, until: 3, acceptMissingLog }), `${walId} ${acceptMissingLog}`).rejects.toThrow(refusal("RECOVERY_LOG_MISSING"));
      }
    }
  });

  it("a log that isn't the damaged checkpoint's doesn't take its place", async () => {
    const checkpoints = memoryCheckpointReader([at(1, 4, { walId: "B", damage: "state" })]);
    await expect(recover({ checkpoints, wal: logA })).rejects.toThrow(refusal("RECOVERY_LOG_MISMATCH"));
  });

  it("a log that isn't the checkpoint's doesn't take its place for an earlier point in time", async () => {
    const checkpoints = memoryCheckpointReader([at(1, 4, { walId: "B" })]);
    await expect(recover({ checkpoints, wal: logA, until: 2 })).rejects.toThrow(refusal("RECOVERY_LOG_MISMATCH"));
  });

  it("a damaged checkpoint with a position that names no log isn't replaced by whatever log is there", async () => {
    const checkpoints = memoryCheckpointReader([at(1, 4, { walId: undefined, damage: "state" })]);
    await expect(recover({ checkpoints, wal: logA })).rejects.toThrow(refusal("RECOVERY_LOG_ID_UNKNOWN"));
  });

  it("older checkpoints of a log that was given up don't matter behind a usable newer one", async () => {
    const checkpoints = memoryCheckpointReader([at(1, 400, { walId: "B" }), at(2, 4)]);
    expect(keys(await recover({ checkpoints, wal: logA }))).toBe("c");
  });

  it("a log with records missing in its middle is refused", async () => {
    const wal = memoryLogReader([three[0], three[2]].flatMap((b) => b ?? []), { logId: "A" });
    await expect(recover({ wal })).rejects.toThrow(refusal("RECOVERY_LOG_INCOMPLETE"));
  });

  it("numbers that a fence took out of use are no gap", async () => {
    const fenced = memoryLogReader([batch(1, 1, put("a"), commit(1n)), batch(5, 2, put("c"), commit(3n))], { logId: "A" });
    const wal = { ...fenced, counts: (lsn: number) => lsn <= 2 || lsn >= 5 };
    expect(keys(await recover({ wal }))).toBe("ac");
  });

  it("a log whose batches overlap, or that ends before it says, is refused", async () => {
    const twice = memoryLogReader([batch(1, 1, put("a"), commit(1n)), batch(2, 1, put("b"), commit(2n))], { logId: "A" });
    await expect(recover({ wal: twice })).rejects.toThrow(refusal("RECOVERY_LOG_INCOMPLETE"));
    await expect(recover({ wal: { ...logA, lastLsn: 9 } })).rejects.toThrow(refusal("RECOVERY_LOG_INCOMPLETE"));
  });

  it("a chain that lost its base for good costs only time", async () => {
    const delta = state;
    const checkpoints = memoryCheckpointReader([at(1, 2), at(2, 2, { damage: "gone" }), at(3, 4, { base: 2, state: delta })]);
    const recovered = await recover({ checkpoints, wal: logA });
    expect([recovered.checkpointId, keys(recovered)]).toEqual([1, "bc"]);
    expect(recovered.report.skippedCheckpoints).toMatchObject([{ id: 3, reason: "damaged" }]);
  });
});

describe("beside a live manager", () => {
  it("a checkpoint that vanishes between two looks is no damage: the next look decides", async () => {
    const first = memoryCheckpointReader([at(1, 2), at(2, 2, { damage: "gone" }), at(3, 4, { base: 2 })]);
    const second = memoryCheckpointReader([at(1, 2), at(4, 6)]);
    let looks = 0;
    const now = (): typeof first => (looks <= 1 ? first : second);
    const recovered = await recover({
      wal: logA,
      checkpoints: {
        survey: () => (looks++, now().survey()),
        verify: (metadata, options) => now().verify(metadata, options),
        readPart: (part) => now().readPart(part),
      },
    });
    expect([recovered.checkpointId, recovered.walPosition, recovered.report.skippedCheckpoints]).toEqual([4, 6, []]);
  });
});

describe("numbers in the report", () => {
  it("what a commit beyond the point in time covers isn't reported as without a commit", async () => {
    const { report } = await recover({ wal: logA, until: 5 });
    expect(report.log).toMatchObject({ entriesRead: 5, entriesApplied: 2, entriesDiscarded: 0 });
  });

  it("changes of no size count against maxTransactionBytes, because they take memory", async () => {
    const many = Array.from({ length: 10_000 }, (): WalEntry => ({ type: "delete", key: bytes("") }));
    const wal = memoryLogReader([batch(1, 1, ...many, commit())]);
    await expect(recover({ wal, maxTransactionBytes: 1000 })).rejects.toThrow(refusal("RECOVERY_TRANSACTION_TOO_LARGE"));
  });
});
