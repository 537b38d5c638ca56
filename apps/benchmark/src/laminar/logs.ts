import { bytesCodec, openWal, readWalSync, type WalCodec, type WalEntry, type WalEntryInput, type WriteAheadLog } from "@laminar/wal";
import { requireCount } from "../verify.ts";
import type { Work } from "../work.ts";

/** How often a fast caller looks whether too much waits to be written. */
const readyEvery = 256;
const perCommit = 100;

export type StandardLog = WriteAheadLog<WalEntry, WalEntryInput>;

export async function appendStandard(log: StandardLog, keys: readonly Uint8Array[], work: Work): Promise<void> {
  for (let i = 0; i < keys.length; i++) {
    if (i % readyEvery === 0) await log.ready();
    log.append({ type: "put", key: keys[i] as Uint8Array, value: work.value(i) });
  }
  await log.sync();
}

/** Entries of one's own: the number of one, for which the codec knows the bytes. */
export function ownCodec(keys: readonly Uint8Array[], work: Work): WalCodec<Uint8Array, number> {
  return { encode: (i) => joined(keys[i] as Uint8Array, work.value(i)), decode: (bytes) => bytes };
}

export async function appendOwn(log: WriteAheadLog<Uint8Array, number>, entries: number): Promise<void> {
  for (let i = 0; i < entries; i++) {
    if (i % readyEvery === 0) await log.ready();
    log.append(i);
  }
  await log.sync();
}

function joined(key: Uint8Array, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(key.length + value.length);
  bytes.set(key);
  bytes.set(value, key.length);
  return bytes;
}

/** Writes the log of a state: a commit after each hundred changes, as often as the reference's benchmark has one. */
export async function writeState(directory: string, changes: Iterable<WalEntryInput>): Promise<void> {
  const log = await openWal(directory);
  let group: WalEntryInput[] = [];
  let number = 0;
  const commit = async (): Promise<void> => {
    const offsets = new Map([["first", number], ["second", number]]);
    log.appendAll([...group, { type: "commit", offsets, watermark: number }]);
    group = [];
    await log.ready();
  };
  for (const change of changes) {
    group.push(change);
    number++;
    if (group.length === perCommit) await commit();
  }
  if (group.length > 0) await commit();
  await log.sync();
  await log.close();
}

export function* putsOf(work: Work): Generator<WalEntryInput> {
  for (let i = 0; i < work.entries; i++) yield { type: "put", key: work.key(i), value: work.value(i) };
}

/** Reads a log of standard entries back: each one is what was appended, in order (after the last key comes the first again), and none is missing. */
export function requireLog(directory: string, work: Work, count: number): void {
  let records = 0;
  for (const { entries } of readWalSync(directory)) {
    for (const entry of entries) {
      const i = records++ % work.entries;
      const isRight = entry.type === "put" && Buffer.compare(entry.key, work.key(i)) === 0 && Buffer.compare(entry.value, work.value(i)) === 0;
      if (!isRight) throw new Error(`${directory}: entry ${i} is not what was appended`);
    }
  }
  requireCount(directory, records, count);
}

/** The same of a log of one's own entries. */
export function requireOwnLog(directory: string, work: Work): void {
  let records = 0;
  for (const { entries } of readWalSync(directory, { codec: bytesCodec })) {
    for (const bytes of entries) {
      const i = records++;
      if (Buffer.compare(bytes, joined(work.key(i), work.value(i))) !== 0) throw new Error(`${directory}: entry ${i} is not what was appended`);
    }
  }
  requireCount(directory, records, work.entries);
}
