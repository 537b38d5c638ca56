import { crc32 } from "@laminar/disk/checksum";
import { createSimulatedDisk, type SimulatedDisk } from "@laminar/disk/testing";
import { describe, expect, it } from "vitest";
import type { VerifyProgress } from "../src/checkpoint-reader.ts";
import { type CheckpointMetadata, fileCheckpointStore, isCorruption, openCheckpointManager, openCheckpointReader, validateCheckpoint } from "../src/index.ts";
import { nameOf } from "../src/checkpoint-names.ts";
import { decodeMetadata, encodeMetadata } from "../src/metadata-format.ts";
import { bytesOf, PLACE, publishedDisk, put, textOf } from "./stores.ts";

const CHECKPOINT = `${PLACE}/${nameOf("checkpoint", 1)}`;
const STATE = 700_000;

/** One checkpoint of a manager: a state of several chunks, and metadata with every field. */
async function made(): Promise<{ readonly disk: SimulatedDisk; readonly metadata: CheckpointMetadata }> {
  const disk = createSimulatedDisk();
  const manager = await openCheckpointManager({ directory: PLACE, disk });
  const state = new Uint8Array(STATE).map((_, at) => (at * 31) >> 3);
  const metadata = await manager.create({ walPosition: 0, sourceOffsets: new Map([["s", 2n ** 60n]]), watermark: 5n, keyCount: 3, state });
  await manager.close();
  return { disk: disk.killed().mount(), metadata };
}

async function contentOf(disk: SimulatedDisk, path: string): Promise<Uint8Array> {
  const content = disk.killed().files.get(path);
  if (!content) throw new Error(`${path} isn't there`);
  return content.slice();
}

async function replace(disk: SimulatedDisk, path: string, content: Uint8Array): Promise<void> {
  const file = await disk.create("/new");
  await file.write(0, content);
  await file.close();
  await disk.rename("/new", path);
}

const failureOf = async (call: Promise<unknown>): Promise<unknown> => call.then(() => undefined, (error: unknown) => error);

/** Each way to ask about the checkpoint names the file and says that it is damaged. */
async function requireFound(disk: SimulatedDisk, metadata: CheckpointMetadata, file: string): Promise<void> {
  const reader = openCheckpointReader(PLACE, { disk });
  const found = [await failureOf(validateCheckpoint(CHECKPOINT, { disk }))];
  if (file.endsWith("state.bin")) {
    found.push(await failureOf(reader.verify(metadata)));
  } else found.push((await reader.survey()).checkpoints[0]?.problem);
  for (const error of found) {
    expect(isCorruption(error)).toBe(true);
    expect(error).toMatchObject({ id: 1, file, message: expect.stringContaining(file) });
    expect((error as Error).message).toMatch(/byte|missing|plain file/);
  }
}

describe("every damage", () => {
  it("of a byte, and every cut, of metadata.json is found, by its file and place", async () => {
    const { disk, metadata } = await made();
    const path = `${CHECKPOINT}/metadata.json`;
    const whole = await contentOf(disk, path);
    const variants = [...whole.keys()].flatMap((at) => [whole.map((byte, i) => (i === at ? byte ^ (1 << (at % 8)) : byte)), whole.slice(0, at)]);
    variants.push(new Uint8Array([...whole, 0]), new Uint8Array([...whole, ...whole]), new Uint8Array(whole.length));
    for (const damaged of variants) {
      await replace(disk, path, damaged);
      await requireFound(disk, metadata, path);
    }
    console.log(`${variants.length} damages of ${whole.length} bytes of metadata`);
  });

  it("of a byte, and cuts, of state.bin are found, by their file and place, before the last chunk is given", async () => {
    const { disk, metadata } = await made();
    const path = `${CHECKPOINT}/state.bin`;
    const whole = await contentOf(disk, path);
    const places = [0, 1, 511, 512, 4095, 262_143, 262_144, 262_145, 524_288, STATE - 2, STATE - 1, ...Array.from({ length: 40 }, (_, i) => (i * 17_389) % STATE)];
    const variants = places.flatMap((at) => [whole.map((byte, i) => (i === at ? byte ^ (1 << (at % 8)) : byte)), whole.slice(0, at)]);
    variants.push(new Uint8Array([...whole, 0]), new Uint8Array(whole.length * 2));
    const part = metadata.chain[0];
    if (!part) throw new Error("no part");
    for (const damaged of variants) {
      await replace(disk, path, damaged);
      await requireFound(disk, metadata, path);
      let given = 0;
      const reading = async (): Promise<void> => {
        for await (const chunk of openCheckpointReader(PLACE, { disk }).readPart(part)) given += chunk.length;
      };
      expect(isCorruption(await failureOf(reading()))).toBe(true);
      expect(given).toBeLessThan(STATE);
    }
    expect(disk.openFiles).toBe(0);
    console.log(`${variants.length} damages of ${whole.length} bytes of state`);
  });

  it("by a file that is gone is found, and a checkpoint that is gone as a whole isn't damage", async () => {
    for (const name of ["state.bin", "metadata.json"]) {
      const { disk, metadata } = await made();
      await disk.remove(`${CHECKPOINT}/${name}`);
      const found = await failureOf(validateCheckpoint(CHECKPOINT, { disk }));
      expect(found).toMatchObject({ code: "CHECKPOINT_CORRUPT", id: 1, file: `${CHECKPOINT}/${name}` });
      const reader = openCheckpointReader(PLACE, { disk });
      const other = name === "state.bin" ? await failureOf(reader.verify(metadata)) : (await reader.survey()).checkpoints[0]?.problem;
      expect(isCorruption(other)).toBe(true);
    }
    const { disk, metadata } = await made();
    await disk.rename(CHECKPOINT, `${PLACE}/elsewhere`);
    expect(await failureOf(openCheckpointReader(PLACE, { disk }).verify(metadata))).toMatchObject({ code: "CHECKPOINT_NOT_FOUND", id: 1 });
    expect(await failureOf(validateCheckpoint(CHECKPOINT, { disk }))).toMatchObject({ code: "CHECKPOINT_NOT_FOUND", id: 1 });
  });

  it("by metadata that are larger than any is found before memory is taken for them", async () => {
    const { disk } = await made();
    const path = `${CHECKPOINT}/metadata.json`;
    await replace(disk, path, new Uint8Array(16 * 1024 * 1024 + 1));
    const before = disk.operations.length;
    const actual = 16 * 1024 * 1024 + 1;
    await expect(fileCheckpointStore(PLACE, { disk }).readMetadata(1)).rejects.toMatchObject({ code: "CHECKPOINT_CORRUPT", file: path, actual });
    expect(disk.operations.slice(before).some(({ kind }) => kind === "read")).toBe(false);
  });
});

it("a newer format is refused as such, not as damage, with what to do", async () => {
  const { disk } = await made();
  const path = `${CHECKPOINT}/metadata.json`;
  const body = textOf(await contentOf(disk, path)).replace('"formatVersion": 1', '"formatVersion": 7').replace(/,\n {2}"checksum": "[0-9a-f]{8}"\n\}\n$/, "");
  const checksum = crc32(bytesOf(body)).toString(16).padStart(8, "0");
  await replace(disk, path, bytesOf(`${body},\n  "checksum": "${checksum}"\n}\n`));
  const found = await failureOf(validateCheckpoint(CHECKPOINT, { disk }));
  expect(found).toMatchObject({ code: "CHECKPOINT_UNSUPPORTED_FORMAT", id: 1, file: path, expected: 1, actual: 7 });
  expect(String(found)).toMatch(/Use the release that wrote it/);
  expect(isCorruption(found)).toBe(false);
});

describe("metadata that verify and can't be right", () => {
  const example: CheckpointMetadata = {
    id: 3, epoch: 0, timestamp: 0, walPosition: 0, sourceOffsets: new Map(), sizeBytes: 5, kind: "delta", isIncremental: true,
    chain: [{ id: 1, size: 9, checksum: 1 }, { id: 3, size: 5, checksum: 2 }],
  };
  const full = { ...example, kind: "full", isIncremental: false, chain: [{ id: 3, size: 5, checksum: 2 }] } as const;

  it.each<[string, object]>([
    ["a chain that leads elsewhere", { chain: [{ id: 1, size: 9, checksum: 1 }, { id: 2, size: 5, checksum: 2 }] }],
    ["a chain that goes back", { chain: [{ id: 4, size: 9, checksum: 1 }, { id: 3, size: 5, checksum: 2 }] }],
    ["a chain of nothing", { chain: [] }],
    ["a part with the id 0", { chain: [{ id: 0, size: 9, checksum: 1 }, { id: 3, size: 5, checksum: 2 }] }],
    ["a part of a negative size", { chain: [{ id: 1, size: -9, checksum: 1 }, { id: 3, size: 5, checksum: 2 }] }],
    ["a checksum of more than 32 bits", { chain: [{ id: 1, size: 9, checksum: 2 ** 32 }, { id: 3, size: 5, checksum: 2 }] }],
    ["another size than its part", { sizeBytes: 6 }],
    ["a full one with a chain of two", { kind: "full" }],
    ["a kind that nobody knows", { kind: "half" }],
    ["a position that is no number", { walPosition: 1.5 }],
    ["a position that is a text", { walPosition: "1" }],
    ["a log's id that is a number", { walId: 7 }],
    ["a flag that is none", { isIncremental: "yes" }],
    ["a watermark that is no whole number", { watermark: "1.5" }],
    ["a watermark of more than 64 bits", { watermark: 2n ** 64n }],
    ["an offset of more than 64 bits", { sourceOffsets: new Map([["s", -(2n ** 64n)]]) }],
    ["a chain that is an object", { chain: { length: 1 } }],
    ["parts that are numbers", { chain: [1, 3] }],
    ["parts that are lists", { chain: [[1, 9, 1], [3, 5, 2]] }],
    ["the id of another", { id: 4, chain: [{ id: 1, size: 9, checksum: 1 }, { id: 4, size: 5, checksum: 2 }] }],
  ])("are damage: %s", (_, wrong) => {
    expect(decodeMetadata(encodeMetadata(example), 3, "file")).toMatchObject({ id: 3 });
    expect(decodeMetadata(encodeMetadata(full), 3, "file")).toMatchObject({ kind: "full" });
    const bytes = encodeMetadata({ ...example, ...wrong });
    expect(() => decodeMetadata(bytes, 3, "file")).toThrow(expect.objectContaining({ code: "CHECKPOINT_CORRUPT", id: 3, file: "file" }));
  });
});

describe("a verification", () => {
  it("reports how far it is after each chunk, and ends with all bytes", async () => {
    const { disk, metadata } = await made();
    for (const verify of [
      (onProgress: (progress: VerifyProgress) => void) => openCheckpointReader(PLACE, { disk }).verify(metadata, { onProgress }),
      (onProgress: (progress: VerifyProgress) => void) => validateCheckpoint(CHECKPOINT, { disk, onProgress }),
    ]) {
      const seen: VerifyProgress[] = [];
      await verify((progress) => seen.push(progress));
      expect(seen.length).toBeGreaterThan(2);
      expect(seen.at(-1)).toEqual({ bytes: STATE, ofBytes: STATE });
      expect(seen.every(({ bytes, ofBytes }, i) => ofBytes === STATE && bytes > (seen[i - 1]?.bytes ?? 0))).toBe(true);
    }
  });

  it("stops when it is aborted, before the first byte or in the middle, with the reason, and leaves no handle open", async () => {
    const { disk, metadata } = await made();
    const reader = openCheckpointReader(PLACE, { disk });
    const before = disk.operations.length;
    await expect(reader.verify(metadata, { signal: { aborted: true, reason: "enough" } })).rejects.toBe("enough");
    expect(disk.operations.length).toBe(before);
    for (const verify of [
      (signal: AbortSignal, onProgress: () => void) => reader.verify(metadata, { signal, onProgress }),
      (signal: AbortSignal, onProgress: () => void) => validateCheckpoint(CHECKPOINT, { disk, signal, onProgress }),
    ]) {
      const abort = new AbortController();
      let chunks = 0;
      const reason = new Error("enough");
      const verifying = verify(abort.signal, () => {
        chunks++;
        abort.abort(reason);
      });
      await expect(verifying).rejects.toBe(reason);
      expect(chunks).toBe(1);
      expect(disk.openFiles).toBe(0);
    }
  });

  it("ends with what its progress throws", async () => {
    const { disk, metadata } = await made();
    const onProgress = (): void => {
      throw new Error("no");
    };
    await expect(openCheckpointReader(PLACE, { disk }).verify(metadata, { onProgress })).rejects.toThrow("no");
    expect(disk.openFiles).toBe(0);
  });

  it("fails by a read that fails, which is no damage", async () => {
    const { disk } = await made();
    disk.plan(({ kind }) => (kind === "read" ? { kind: "error", errno: "EIO" } : undefined));
    await expect(validateCheckpoint(CHECKPOINT, { disk })).rejects.toMatchObject({ code: "CHECKPOINT_IO", id: 1, cause: { errno: "EIO" } });
  });

  it("refuses a directory that isn't named like a checkpoint, or isn't there", async () => {
    const { disk } = await made();
    for (const path of [PLACE, `${PLACE}/trash_0000000000000001`, `${PLACE}/checkpoint_1`]) {
      await expect(validateCheckpoint(path, { disk })).rejects.toMatchObject({ code: "CHECKPOINT_NOT_FOUND", file: path });
    }
    await expect(validateCheckpoint(`${PLACE}/${nameOf("checkpoint", 2)}`, { disk })).rejects.toMatchObject({ code: "CHECKPOINT_NOT_FOUND", id: 2 });
  });
});

describe("a survey", () => {
  it("leaves out what is withdrawn while it runs", async () => {
    const { disk, store } = await publishedDisk(1, 2);
    const reader = openCheckpointReader(PLACE, { disk: disk.anotherProcess() });
    const surveyed = reader.survey();
    await store.withdraw([1]);
    await put(store, 3);
    for (const { id, problem } of (await surveyed).checkpoints) {
      // What `put` publishes isn't metadata, so that it is damaged wherever it was read.
      expect([id, isCorruption(problem)]).toEqual([2, true]);
    }
  });
});
