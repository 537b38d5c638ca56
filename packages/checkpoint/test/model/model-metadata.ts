import { crc32 } from "node:zlib";

export interface ModelPart {
  readonly id: number;
  readonly size: number;
  readonly checksum: number;
}

/** What `metadata.json` says, as `FORMAT.md` describes it. */
export interface ModelMetadata {
  readonly id: number;
  readonly epoch: number;
  readonly timestamp: number;
  readonly walPosition: number;
  readonly walId: string;
  readonly keyCount: number | null;
  readonly parentId: number | null;
  /** Of the one source. */
  readonly offset: bigint;
  readonly chain: readonly ModelPart[];
}

export const SOURCE = "commits";

const fromText = new TextDecoder();

export function encodeModelMetadata(metadata: ModelMetadata): Uint8Array {
  const { id, epoch, timestamp, walPosition, walId, keyCount, parentId, chain, offset } = metadata;
  const kind = chain.length === 1 ? "full" : "delta";
  const fields = {
    formatVersion: 1,
    id,
    epoch,
    timestamp,
    walPosition,
    walId,
    sizeBytes: chain.at(-1)?.size,
    keyCount,
    kind,
    isIncremental: kind === "delta",
    parentId,
    chain,
    sourceOffsets: { [SOURCE]: String(offset) },
    watermark: null,
  };
  const body = JSON.stringify(fields, null, 2).replace(/\n\}$/, "");
  return new Uint8Array(Buffer.from(`${body},\n  "checksum": "${crc32(body).toString(16).padStart(8, "0")}"\n}\n`));
}

const decoded = new WeakMap<Uint8Array, ModelMetadata | "damaged">();

/** `undefined` when it doesn't verify. */
export function decodeModelMetadata(bytes: Uint8Array): ModelMetadata | undefined {
  const known = decoded.get(bytes) ?? decode(bytes) ?? "damaged";
  decoded.set(bytes, known);
  return known === "damaged" ? undefined : known;
}

function decode(bytes: Uint8Array): ModelMetadata | undefined {
  const match = /^(\{.*),\n {2}"checksum": "([0-9a-f]{8})"\n\}\n$/s.exec(fromText.decode(bytes));
  const [, body = "", checksum = ""] = match ?? [];
  if (!match || crc32(body) !== Number.parseInt(checksum, 16)) return undefined;
  const fields = JSON.parse(`${body}}`) as ModelMetadata & { readonly sourceOffsets: Readonly<Record<string, string>> };
  return { ...fields, offset: BigInt(fields.sourceOffsets[SOURCE] ?? 0) };
}

const sums = new WeakMap<Uint8Array, number>();

export function checksumOf(bytes: Uint8Array): number {
  const known = sums.get(bytes) ?? crc32(bytes);
  sums.set(bytes, known);
  return known;
}
