import { isDeepStrictEqual } from "node:util";
import { createSimulatedDisk } from "@laminar/disk/testing";
import { openWal, type WalBatch, type WalEntry } from "@laminar/wal";
import { readLogImage } from "@laminar/wal/testing";
import type { Choices } from "../random.ts";
import { damaged, joined } from "./bytes.ts";
import { type Decoder, type Hostile, type Outcome, refusal } from "./decoder.ts";
import { LOG_CLAIMS, LogBytes, someLogField } from "./log-bytes.ts";

const DIRECTORY = "/log";
/** Of the logs that are read, so many are written again: that takes a hundred times as long. */
const WRITTEN_AGAIN = 64;

export interface HostileLog extends Hostile {
  /** Content by name. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

export function hostileLog(choices: Choices): HostileLog {
  const wrong = someLogField(choices);
  const files = new LogBytes(choices, wrong).files();
  const words: string[] = [];
  for (const [name, content] of files) {
    const done = damaged(content, choices, choices.one([...files.values()]), wrong === undefined ? 0.4 : 0.05);
    files.set(name, done.bytes);
    words.push(...done.words);
  }
  if (choices.chance(0.03)) files.delete(choices.one([...files.keys()]));
  return { files, bytes: joined([...files.values()]), what: `a log with another ${wrong ?? "nothing"}, ${words.join(", ") || "no damage"}`, claims: wrong !== undefined && LOG_CLAIMS.has(wrong) };
}

const imageOf = (files: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, Uint8Array> => new Map([...files].map(([name, bytes]) => [`${DIRECTORY}/${name}`, bytes]));

/** What is read of an image, which is in order; counts those that were read, of which every so many is written again. */
export class ImageReader {
  #read = 0;

  read({ files }: HostileLog): Outcome | Promise<Outcome> {
    let batches: readonly WalBatch<WalEntry>[];
    try {
      ({ batches } = readLogImage({ directory: DIRECTORY, files: imageOf(files) }));
    } catch (error) {
      return refusal(error);
    }
    let last = 0;
    for (const { firstLsn, entries } of batches) {
      if (firstLsn <= last) throw new Error(`record ${firstLsn} comes after record ${last}`);
      last = firstLsn + entries.length - 1;
    }
    return this.#read++ % WRITTEN_AGAIN === 0 ? writtenAgain(batches.flatMap(({ entries }) => entries)) : "read";
  }
}

/** The entries go round: what the writer makes of them is read as the same. */
async function writtenAgain(entries: readonly WalEntry[]): Promise<Outcome> {
  const disk = createSimulatedDisk();
  const log = await openWal(DIRECTORY, { disk, syncInterval: Number.POSITIVE_INFINITY });
  for (const entry of entries) log.append(entry);
  await log.close();
  const again = readLogImage({ directory: DIRECTORY, files: disk.killed().files }).batches.flatMap((batch) => batch.entries);
  if (!isDeepStrictEqual(again, [...entries])) throw new Error("entries that were read and written again are others");
  return "read";
}

const reader = new ImageReader();
export const logs: Decoder<HostileLog> = { name: "log images", share: 0.215, make: hostileLog, read: (hostile) => reader.read(hostile) };
