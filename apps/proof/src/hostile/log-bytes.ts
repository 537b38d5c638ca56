import { crc32 } from "@laminar/disk/checksum";
import type { Choices } from "../random.ts";
import { edge32, edge64, Fields, joined, randomBytes } from "./bytes.ts";

const HEADER_BYTES = 128;
const BATCH_BYTES = 48;
const MAGIC = Uint8Array.of(0x89, 0x4c, 0x57, 0x41, 0x4c, 0x0d, 0x0a, 0x1a);
const LOG_ID = Uint8Array.from({ length: 16 }, (_, i) => i);

/** A field that gets another value than the right one; every checksum that isn't named itself is right for it. */
const FIELDS = [
  "version", "checksum kind", "feature flags", "compatible flags", "entry kind", "log id", "number", "salt", "continuesAfter", "baseLsn", "oldestLsn", "header checksum",
  "batch magic", "body length", "firstLsn", "count", "flags", "session", "durableLsn", "body checksum", "batch checksum", "end",
  "entry's tag", "entry's length", "sources", "entry's integer", "file number", "head",
] as const;
export type LogField = (typeof FIELDS)[number];
export const LOG_CLAIMS: ReadonlySet<LogField> = new Set(["body length", "count", "entry's length", "sources"]);

export const someLogField = (choices: Choices): LogField | undefined => (choices.chance(0.85) ? choices.one(FIELDS) : undefined);

export const nameOf = (number: number, ending: string): string => `${number.toString(16).padStart(16, "0")}.${ending}`;

const placeOf = (salt: number, position: number): number => crc32(new Fields(12).u32(salt).u64(BigInt(position)).bytes);

/** Writes a log as its format page says, of few records, with one field made wrong in one place or in all. */
export class LogBytes {
  readonly #choices: Choices;
  readonly #wrong: LogField | undefined;
  #lsn = 0;

  constructor(choices: Choices, wrong: LogField | undefined) {
    this.#choices = choices;
    this.#wrong = wrong;
  }

  /** Content by name. */
  files(): Map<string, Uint8Array> {
    const files = new Map<string, Uint8Array>();
    const count = 1 + this.#choices.whole(3);
    for (let number = 1; number <= count; number++) files.set(nameOf(this.#is("file number") ? this.#choices.whole(6) : number, "wal"), this.#segment(number));
    if (!this.#is("head")) files.set(nameOf(count, "head"), new Uint8Array(0));
    else files.set(nameOf(this.#choices.whole(5), "head"), randomBytes(this.#choices, this.#choices.whole(3)));
    return files;
  }

  #is(field: LogField): boolean {
    return field === this.#wrong && this.#choices.chance(0.7);
  }

  #u32(field: LogField, right: number): number {
    return this.#is(field) ? edge32(this.#choices, right) : right;
  }

  #u64(field: LogField, right: number): bigint {
    return this.#is(field) ? edge64(this.#choices, right) : BigInt(right);
  }

  #segment(number: number): Uint8Array {
    const salt = this.#choices.whole(2 ** 31);
    const header = new Fields(HEADER_BYTES).raw(MAGIC).u16(this.#u32("version", 0) & 0xffff).u16(this.#u32("checksum kind", 1) & 0xffff);
    header.u32(this.#u32("feature flags", 0)).u32(this.#u32("compatible flags", 0)).u32(this.#u32("entry kind", 1));
    header.raw(this.#is("log id") ? randomBytes(this.#choices, 16) : LOG_ID).u64(this.#u64("number", number)).u32(salt).u32(0);
    header.u64(this.#u64("continuesAfter", this.#lsn)).u64(this.#u64("baseLsn", this.#lsn + 1)).u64(this.#u64("oldestLsn", 1)).raw(new Uint8Array(44));
    header.u32(this.#u32("header checksum", crc32(header.written)));
    const parts = [header.bytes];
    let position = HEADER_BYTES;
    for (let batches = this.#choices.whole(3); batches > 0; batches--) {
      const batch = this.#batch(this.#is("salt") ? salt + 1 : salt, position, number);
      parts.push(batch);
      position += batch.length;
    }
    return joined(parts);
  }

  #batch(salt: number, position: number, session: number): Uint8Array {
    const count = this.#choices.whole(4);
    const firstLsn = this.#lsn + 1;
    this.#lsn += count;
    const entries = Array.from({ length: count }, () => this.#entry());
    const body = joined([...entries, Uint8Array.of(this.#is("end") ? this.#choices.whole(256) : 0xa5)]);
    const place = placeOf(salt, position);
    const head = new Fields(BATCH_BYTES).u32(this.#u32("batch magic", 0xb7c3_a5d1)).u32(this.#u32("body length", body.length)).u64(this.#u64("firstLsn", firstLsn));
    head.u32(this.#u32("count", count)).u32(this.#u32("flags", count === 0 ? 2 : 0)).u64(this.#u64("session", session)).u64(this.#u64("durableLsn", firstLsn - 1));
    head.u32(this.#u32("body checksum", crc32(body, place)));
    head.u32(this.#u32("batch checksum", crc32(head.written, place)));
    return joined([head.bytes, body]);
  }

  #entry(): Uint8Array {
    const choices = this.#choices;
    const tag = this.#is("entry's tag") ? choices.whole(256) : undefined;
    const kind = choices.whole(6);
    if (kind < 3) return joined([Uint8Array.of(tag ?? 0x92), this.#binary(choices.whole(6)), this.#binary(choices.one([0, 5, 40]))]);
    if (kind === 3) return joined([Uint8Array.of(tag ?? 0x91), this.#binary(choices.whole(6))]);
    if (kind === 4) return joined([Uint8Array.of(tag ?? 0x92, 1), this.#integer()]);
    const names = Array.from({ length: choices.whole(3) }, () => {
      const name = choices.chance(0.1) ? [0xef, 0xbb, 0xbf, 0x61] : [choices.whole(256) & (choices.chance(0.9) ? 0x7f : 0xff)];
      return joined([Uint8Array.of(0xd9, name.length, ...name), this.#integer()]);
    });
    const sources = this.#u32("sources", names.length) & 0xffff;
    return joined([Uint8Array.of(tag ?? 0x93, 0, 0xde, sources >> 8, sources & 0xff), ...names, choices.chance(0.5) ? Uint8Array.of(0xc0) : this.#integer()]);
  }

  #integer(): Uint8Array {
    const value = this.#u64("entry's integer", this.#choices.whole(1000));
    const bytes = new Uint8Array(9);
    bytes[0] = this.#choices.chance(0.5) ? 0xd3 : 0xcf;
    new DataView(bytes.buffer).setBigUint64(1, value);
    return bytes;
  }

  #binary(length: number): Uint8Array {
    const claimed = this.#u32("entry's length", length);
    const width = this.#choices.one([1, 1, 2, 4]);
    const head = width === 1 ? [0xc4, claimed & 0xff] : width === 2 ? [0xc5, (claimed >> 8) & 0xff, claimed & 0xff] : [0xc6, claimed >>> 24, (claimed >> 16) & 0xff, (claimed >> 8) & 0xff, claimed & 0xff];
    return joined([Uint8Array.from(head), randomBytes(this.#choices, length)]);
  }
}
