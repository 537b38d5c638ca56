import { type CheckpointReader, openCheckpointReader } from "@laminar/checkpoint";
import { createStateStore, encodeSnapshot, type StateStore } from "@laminar/state-snapshot";
import { beforeAll, describe, expect, it } from "vitest";
import { recover, type RecoveredState, type RecoverySink } from "../src/index.ts";
import { type MemoryCheckpoint, memoryCheckpointReader } from "../src/testing/index.ts";
import { chainsIn, diskWith, type Files, idsIn, pathOf, type Written, written } from "./data-directories.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

let own: Written;
beforeAll(async () => {
  own = await written("own");
});

/** What the store shows, as one text. */
const shown = (store: StateStore): string =>
  [...store.entries()].map((entry) => entry.map((bytes) => decoder.decode(bytes)).join("=")).sort().join(" ");

interface Watched {
  readonly sink: RecoverySink;
  readonly store: StateStore;
  /** How each restore of parts ended, and what the store showed then. */
  readonly restores: string[];
}

/** A sink over a store that held something before. */
function watched(): Watched {
  const store = createStateStore();
  store.put(encoder.encode("before"), encoder.encode("1"));
  const restores: string[] = [];
  const sink: RecoverySink = {
    async restore() {
      store.restore([]);
      restores.push("nothing");
    },
    async restoreParts(parts) {
      try {
        await store.restoreFrom(parts);
        restores.push("taken");
      } catch (error) {
        restores.push(`refused: ${shown(store)}`);
        throw error;
      }
      return store.size;
    },
    apply(changes) {
      for (const change of changes) {
        if (change.type === "put") store.put(change.key, change.value);
        else store.delete(change.key);
      }
    },
  };
  return { sink, store, restores };
}

/** What was read of which part: its own bytes and its end. */
interface Reads {
  readonly verified: number[];
  readonly read: number[];
}

/** Notes which checkpoints were verified and which parts were read. */
function noting(reader: CheckpointReader): { readonly reader: CheckpointReader; readonly reads: Reads } {
  const reads: Reads = { verified: [], read: [] };
  return {
    reads,
    reader: {
      survey: () => reader.survey(),
      verify: (metadata, options) => (reads.verified.push(metadata.id), reader.verify(metadata, options)),
      readPart: (part) => (reads.read.push(part.id), reader.readPart(part)),
    },
  };
}

async function recoverWith(files: Files, apply: RecoverySink | undefined): Promise<{ readonly recovered: RecoveredState; readonly reads: Reads; readonly openFiles: number }> {
  const disk = await diskWith(files);
  const { reader, reads } = noting(openCheckpointReader("/data/checkpoints", { disk }));
  const recovered = await recover({ checkpoints: reader, walDir: "/data/log", disk, apply });
  return { recovered, reads, openFiles: disk.openFiles };
}

const flippedAt = (bytes: Uint8Array, at: number): Uint8Array => bytes.map((byte, index) => (index === at ? byte ^ 1 : byte));

function withFlip(id: number, place: (bytes: Uint8Array) => number): Files {
  const bytes = own.files.get(pathOf(id, "state.bin")) ?? new Uint8Array();
  return new Map([...own.files, [pathOf(id, "state.bin"), flippedAt(bytes, place(bytes))]]);
}

describe("a checkpoint that goes to a sink of parts", () => {
  it("is read once, and not before", async () => {
    const { sink, restores } = watched();
    const { recovered, reads } = await recoverWith(own.files, sink);
    const chain = chainsIn(own.files).at(-1);
    expect([reads.verified, reads.read, restores]).toEqual([[], chain, ["taken"]]);
    expect(recovered.checkpointId).toBe(chain?.at(-1));
  });

  it("and is damaged at its very last byte leaves nothing of it in the sink: the next one is taken, and the report says why", async () => {
    const whole = watched();
    const { recovered } = await recoverWith(own.files, whole.sink);
    const newest = idsIn(own.files).at(-1) ?? 0;
    const harmed = watched();
    const found = await recoverWith(withFlip(newest, ({ length }) => length - 1), harmed.sink);
    expect(harmed.restores).toEqual(["refused: before=1", "taken"]);
    expect(shown(harmed.store)).toBe(shown(whole.store));
    expect(found.recovered.walPosition).toBe(recovered.walPosition);
    expect(found.recovered.report.skippedCheckpoints).toMatchObject([{ id: newest, reason: "damaged", detail: expect.stringContaining("the checksum of its") }]);
    expect([found.reads.verified, found.openFiles], "what its reader said is enough").toEqual([[], 0]);
  });

  it("may be damaged at any byte of its chain, with the same state in the end and the reader's word in the report", async () => {
    const whole = watched();
    await recoverWith(own.files, whole.sink);
    const chain = chainsIn(own.files).at(-1) ?? [];
    let places = 0;
    for (const id of chain) {
      const { length } = own.files.get(pathOf(id, "state.bin")) ?? new Uint8Array();
      for (let at = 0; at < length; at += at < 30 || at > length - 30 ? 1 : 41) {
        const harmed = watched();
        const { recovered, openFiles } = await recoverWith(withFlip(id, () => at), harmed.sink);
        const told = recovered.report.skippedCheckpoints[0];
        expect([shown(harmed.store), harmed.restores.at(-1), openFiles, told?.reason], `byte ${at} of checkpoint ${id}`).toEqual([shown(whole.store), "taken", 0, "damaged"]);
        expect(told?.detail).toMatch(/the state of checkpoint \d+ is damaged: the checksum of its \d+ bytes is/);
        places += 1;
      }
    }
    console.log(`${places} places in ${chain.length} files`);
  });

  it("and is damaged without another one comes to the refusal that is due, with the sink as it was", async () => {
    const older = chainsIn(own.files).slice(0, -1).flat();
    const alone = new Map([...own.files].filter(([path]) => !older.some((id) => [pathOf(id, "state.bin"), pathOf(id, "metadata.json")].includes(path))));
    const chain = chainsIn(alone).flat();
    for (const id of chain) {
      const bytes = alone.get(pathOf(id, "state.bin")) ?? new Uint8Array();
      alone.set(pathOf(id, "state.bin"), flippedAt(bytes, bytes.length - 1));
    }
    const { sink, store, restores } = watched();
    await expect(recoverWith(alone, sink)).rejects.toMatchObject({ code: expect.stringMatching(/^RECOVERY_/) });
    // Both of the chain, and both again at a second look, for what is missing may come from a live writer.
    expect([chain.length, shown(store), restores]).toEqual([2, "before=1", Array.from({ length: 4 }, () => "refused: before=1")]);
  });
});

describe("a sink of parts that doesn't do as it should", () => {
  const state = (...names: readonly string[]): Uint8Array => {
    const chunks = [...encodeSnapshot(names.map((name) => [encoder.encode(name), encoder.encode(name)] as const))];
    return Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
  };
  const at = (id: number, damage?: MemoryCheckpoint["damage"]): MemoryCheckpoint => ({ id, walPosition: 0, state: state(`key ${id}`), damage });

  it("because it reads nothing, or takes an error for an end, gets another call all the same when the checkpoint is damaged", async () => {
    for (const ending of ["reads nothing", "hides errors"] as const) {
      const calls: string[] = [];
      const sink: RecoverySink = {
        restore: () => void calls.push("nothing"),
        async restoreParts(parts) {
          calls.push("parts");
          try {
            if (ending === "hides errors") for (const part of parts) for await (const _ of part);
          } catch {
            return 1;
          }
          return 1;
        },
        apply: () => undefined,
      };
      const { reader, reads } = noting(memoryCheckpointReader([at(1), at(2, "state")]));
      const { checkpointId, report } = await recover({ checkpoints: reader, apply: sink, onDamage: "stop" });
      expect([ending, checkpointId, calls, report.skippedCheckpoints.length]).toEqual([ending, 1, ["parts", "parts"], 1]);
      expect(reads.verified).toEqual(ending === "reads nothing" ? [2, 1] : []);
    }
  });

  it("because it fails by itself ends the recovery with its error, once the checkpoint is known to be right", async () => {
    const failure = Object.assign(new Error("the sink failed"), { code: "SNAPSHOT_CORRUPT" });
    const sink: RecoverySink = {
      restore: () => undefined,
      restoreParts: () => Promise.reject(failure),
      apply: () => undefined,
    };
    const { reader, reads } = noting(memoryCheckpointReader([at(1), at(2)]));
    await expect(recover({ checkpoints: reader, apply: sink })).rejects.toBe(failure);
    expect(reads.verified).toEqual([2]);
  });
});

describe("a checkpoint that goes elsewhere", () => {
  it("is verified before its first entry where a sink takes entries", async () => {
    const newest = idsIn(own.files).at(-1) ?? 0;
    const seen: number[] = [];
    const sink: RecoverySink = {
      async restore(entries) {
        for await (const block of entries) seen.push(block.length);
      },
      apply: () => undefined,
    };
    const { recovered, reads } = await recoverWith(withFlip(newest, ({ length }) => length - 1), sink);
    expect([reads.verified, recovered.report.checkpoint?.entries]).toEqual([[newest, newest - 1], seen.reduce((sum, length) => sum + length, 0)]);
  });

  it("is read once where the state comes back as a snapshot, and the next one is taken when its last byte is damaged", async () => {
    const newest = idsIn(own.files).at(-1) ?? 0;
    const whole = await recoverWith(own.files, undefined);
    const harmed = await recoverWith(withFlip(newest, ({ length }) => length - 1), undefined);
    expect([whole.reads.verified, harmed.reads.verified]).toEqual([[], []]);
    expect(harmed.recovered.report.skippedCheckpoints).toMatchObject([{ id: newest, reason: "damaged" }]);
    expect(harmed.recovered.walPosition).toBe(whole.recovered.walPosition);
  });
});
