import { crc32 } from "@laminar/disk/checksum";
import { CheckpointError, type CheckpointErrorDetails } from "./checkpoint-error.ts";
import type { ChainPart, CheckpointMetadata } from "./checkpoint-metadata.ts";
import { fits64Bits } from "./checkpoint-request.ts";

/** Format of `metadata.json`: a change of a field makes existing checkpoints unreadable. `FORMAT.md` shows an example. */
export const FORMAT_VERSION = 1;
/** Longer metadata are damaged: checked before memory is taken. */
export const METADATA_BYTES_MAX: number = 16 * 1024 * 1024;

const END = /^,\n {2}"checksum": "([0-9a-f]{8})"\n\}\n$/;
const END_BYTES = ',\n  "checksum": "00000000"\n}\n'.length;
const CHECKSUM_MAX = 0xffff_ffff;
const text = new TextEncoder();
const fromText = new TextDecoder("utf-8", { fatal: true });

/** Pretty JSON whose last field is the checksum of every byte before the comma in front of it. */
export function encodeMetadata(metadata: CheckpointMetadata): Uint8Array {
  const { watermark, sourceOffsets, ...rest } = metadata;
  const plain = {
    formatVersion: FORMAT_VERSION,
    ...rest,
    walId: metadata.walId ?? null,
    sourceOffsets: Object.fromEntries([...sourceOffsets].map(([source, offset]) => [source, String(offset)])),
    watermark: watermark === undefined ? null : String(watermark),
    keyCount: metadata.keyCount ?? null,
    parentId: metadata.parentId ?? null,
  };
  const body = JSON.stringify(plain, null, 2).slice(0, -2);
  const checksum = crc32(text.encode(body)).toString(16).padStart(8, "0");
  const bytes = text.encode(`${body},\n  "checksum": "${checksum}"\n}\n`);
  if (bytes.length > METADATA_BYTES_MAX) throw new RangeError(`metadata of ${bytes.length} bytes; no reader takes more than ${METADATA_BYTES_MAX}`);
  return bytes;
}

class Fields {
  readonly #fields: ReadonlyMap<string, unknown>;

  constructor(value: unknown) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new RangeError("an object expected");
    this.#fields = new Map(Object.entries(value));
  }

  get entries(): ReadonlyMap<string, unknown> {
    return this.#fields;
  }

  value(name: string): unknown {
    return this.#fields.get(name);
  }

  integer(name: string, least = 0, most: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.value(name);
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= least && value <= most) return value;
    throw new RangeError(`${name} is no whole number from ${least} to ${most}`);
  }

  optionalInteger(name: string): number | undefined {
    return this.value(name) === null ? undefined : this.integer(name);
  }
}

function bigintOf(value: unknown, name: string): bigint {
  if (typeof value !== "string" || !/^-?\d{1,20}$/.test(value)) throw new RangeError(`${name} is no 64-bit number`);
  const integer = BigInt(value);
  if (!fits64Bits(integer)) throw new RangeError(`${name} is no 64-bit number`);
  return integer;
}

function chainOf(value: unknown, id: number): readonly ChainPart[] {
  if (!Array.isArray(value) || value.length === 0) throw new RangeError("chain is no list");
  const chain = value.map((part): ChainPart => {
    const fields = new Fields(part);
    return { id: fields.integer("id", 1), size: fields.integer("size"), checksum: fields.integer("checksum", 0, CHECKSUM_MAX) };
  });
  const ascending = chain.every((part, i) => part.id > (chain[i - 1]?.id ?? 0));
  if (!ascending || chain.at(-1)?.id !== id) throw new RangeError("chain doesn't lead to this checkpoint");
  return chain;
}

function parse(json: string): CheckpointMetadata {
  const fields = new Fields(JSON.parse(json));
  const id = fields.integer("id", 1);
  const kind = fields.value("kind");
  const walId = fields.value("walId");
  const watermark = fields.value("watermark");
  const isIncremental = fields.value("isIncremental");
  if (kind !== "full" && kind !== "delta") throw new RangeError("kind is neither full nor delta");
  if (walId !== null && typeof walId !== "string") throw new RangeError("walId is no string");
  if (typeof isIncremental !== "boolean") throw new RangeError("isIncremental is no boolean");
  const chain = chainOf(fields.value("chain"), id);
  if ((chain.length === 1) !== (kind === "full")) throw new RangeError("chain and kind contradict each other");
  const sizeBytes = fields.integer("sizeBytes");
  if (sizeBytes !== chain.at(-1)?.size) throw new RangeError("sizeBytes and chain contradict each other");
  return {
    id,
    epoch: fields.integer("epoch"),
    timestamp: fields.integer("timestamp"),
    walPosition: fields.integer("walPosition"),
    walId: walId ?? undefined,
    sourceOffsets: new Map([...new Fields(fields.value("sourceOffsets")).entries].map(([source, offset]) => [source, bigintOf(offset, source)])),
    watermark: watermark === null ? undefined : bigintOf(watermark, "watermark"),
    sizeBytes,
    keyCount: fields.optionalInteger("keyCount"),
    kind,
    isIncremental,
    parentId: fields.optionalInteger("parentId"),
    chain,
  };
}

/** Verifies and reads the metadata of checkpoint `id`. `file` is for messages. */
export function decodeMetadata(bytes: Uint8Array, id: number, file: string): CheckpointMetadata {
  const corrupt = (why: string, details: CheckpointErrorDetails = {}): CheckpointError =>
    new CheckpointError("CHECKPOINT_CORRUPT", `${file}: ${why}`, { id, file, ...details });
  const body = verifiedBody(bytes, corrupt);
  let metadata: CheckpointMetadata;
  try {
    const json = `${fromText.decode(body)}\n}`;
    const version = new Fields(JSON.parse(json)).value("formatVersion");
    if (version !== FORMAT_VERSION) {
      const message = `${file}: format version ${String(version)}; this release reads ${FORMAT_VERSION}. Use the release that wrote it, or a newer one.`;
      throw new CheckpointError("CHECKPOINT_UNSUPPORTED_FORMAT", message, { id, file, expected: FORMAT_VERSION, actual: version });
    }
    metadata = parse(json);
  } catch (error) {
    if (error instanceof CheckpointError) throw error;
    throw corrupt("the metadata verify and make no sense", { cause: error });
  }
  if (metadata.id !== id) throw corrupt(`the metadata are those of checkpoint ${metadata.id}`, { expected: id, actual: metadata.id });
  return metadata;
}

/** What the checksum at the end covers, once it is right. */
function verifiedBody(bytes: Uint8Array, corrupt: (why: string, details?: CheckpointErrorDetails) => CheckpointError): Uint8Array {
  const body = bytes.subarray(0, Math.max(0, bytes.length - END_BYTES));
  const expected = END.exec(String.fromCharCode(...bytes.subarray(body.length)))?.[1];
  if (expected === undefined) throw corrupt(`no checksum stands at the end, byte ${body.length} of ${bytes.length}: cut off, or other bytes`);
  const actual = crc32(body).toString(16).padStart(8, "0");
  if (actual === expected) return body;
  throw corrupt(`the checksum of bytes 0 to ${body.length} is ${actual} and should be ${expected}`, { expected, actual });
}
