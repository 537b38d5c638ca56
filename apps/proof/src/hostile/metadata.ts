import { type CheckpointMetadata, checkpointReader, type CheckpointStore, memoryCheckpointStore, openCheckpointManager } from "@laminar/checkpoint";
import { crc32 } from "@laminar/disk/checksum";
import { encodeSnapshot } from "@laminar/state-snapshot";
import type { Choices } from "../random.ts";
import { damaged } from "./bytes.ts";
import { type Decoder, type Hostile, type Outcome, refusal } from "./decoder.ts";

const ID = 7;
const encoder = new TextEncoder();

const PLAIN = {
  formatVersion: 1,
  id: ID,
  epoch: 3,
  timestamp: 1_700_000_000_000,
  walPosition: 41,
  sizeBytes: 300,
  kind: "delta",
  isIncremental: true,
  chain: [{ id: 5, size: 1000, checksum: 0x1234_5678 }, { id: ID, size: 300, checksum: 0xffff_ffff }],
  walId: "000102030405060708090a0b0c0d0e0f",
  sourceOffsets: { events: "18446744073709551615", other: "-9223372036854775808" },
  watermark: "10",
  keyCount: 12,
  parentId: 6,
};

/** As JSON text, so that what no value of JavaScript is can stand there. */
const VALUES = [
  "null", "true", "0", "-0", "-1", "1", "1.5", "7", "9007199254740991", "9007199254740992", "1e308", "1e999", '"x"', '""', '"7"', '"-0"', '"007"', "[]", "{}", "[[[[[]]]]]",
  '"18446744073709551616"', '"-9223372036854775809"', '"full"', '{"__proto__":"1"}', '{"":"1"}', '[{"id":7,"size":300,"checksum":0}]', '[{"id":7,"size":300}]', '[null]', '{"length":1}', '"\\ud800"',
];

/** The end of the file, with the checksum of what is before it. */
export function sealMetadata(body: string): Uint8Array {
  const checksum = crc32(encoder.encode(body)).toString(16).padStart(8, "0");
  return encoder.encode(`${body},\n  "checksum": "${checksum}"\n}\n`);
}

function hostileMetadata(choices: Choices): Hostile {
  const fields = Object.entries(PLAIN).map(([name, value]) => [JSON.stringify(name), JSON.stringify(value)]);
  const words: string[] = [];
  for (let left = choices.whole(3); left > 0; left--) {
    const index = choices.whole(fields.length);
    const [name = "", value = ""] = fields[index] ?? [];
    const kind = choices.random();
    if (kind < 0.6) fields[index] = [name, choices.one(VALUES)];
    else if (kind < 0.7) fields.splice(index, 1);
    else if (kind < 0.8) fields.push([name, choices.one(VALUES)]);
    else if (kind < 0.9) fields[index] = [name, value.replace(/\d/, () => String(choices.whole(10)))];
    else fields[index] = [choices.one(['"constructor"', '"__proto__"', '""', name.toUpperCase()]), value];
    words.push(name);
  }
  let body = `{\n${fields.map(([name, value]) => `  ${name}: ${value}`).join(",\n")}`;
  if (choices.chance(0.1)) body = new TextDecoder().decode(damaged(encoder.encode(body), choices, encoder.encode(body), 0.9).bytes);
  const { bytes, words: done } = damaged(sealMetadata(body), choices, sealMetadata("{"), 0.15);
  return { bytes, what: `metadata with other ${[...words, ...done].join(", ") || "nothing"}`, claims: choices.chance(0.01) };
}

/** A place whose only checkpoint has these metadata. */
function storeOf(metadata: Uint8Array): CheckpointStore {
  const listing = { exists: true, ids: [ID], highestId: ID, leftovers: [], ignored: [] };
  return { ...memoryCheckpointStore(), list: async () => listing, readMetadata: async () => metadata };
}

const asText = (value: unknown): string => JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? String(part) : part instanceof Map ? [...part] : part));
const cutOf = ({ walPosition, walId, epoch, sourceOffsets, watermark, keyCount }: CheckpointMetadata): Pick<CheckpointMetadata, "walPosition" | "walId" | "epoch" | "sourceOffsets" | "watermark" | "keyCount"> => ({
  walPosition, walId, epoch, sourceOffsets, watermark, keyCount,
});

/** What is read goes round: a checkpoint of the same cut is read as the same. */
export async function readMetadata(bytes: Uint8Array): Promise<Outcome> {
  const [found] = (await checkpointReader(storeOf(bytes)).survey()).checkpoints;
  if (!found) throw new Error("the checkpoint isn't in the survey");
  if (!found.metadata) return refusal(found.problem);
  const store = memoryCheckpointStore();
  const manager = await openCheckpointManager({ store });
  await manager.create({ ...cutOf(found.metadata), state: [...encodeSnapshot([])] });
  const [again] = (await checkpointReader(store).survey()).checkpoints;
  await manager.close();
  const [actual, expected] = [asText(again?.metadata && cutOf(again.metadata)), asText(cutOf(found.metadata))];
  if (actual !== expected) throw new Error(`the cut ${expected} comes back as ${actual}`);
  return "read";
}

export const metadata: Decoder = { name: "metadata.json", share: 0.08, make: hostileMetadata, read: ({ bytes }) => readMetadata(bytes) };
