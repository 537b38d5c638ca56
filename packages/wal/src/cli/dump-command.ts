import { nodeDisk } from "@laminar/disk";
import { complain, count, DAMAGED, FINE, LinePrinter, type OutputStream, type Streams } from "@laminar/disk/command-line";
import { bytesCodec } from "../codec/bytes-codec.ts";
import type { LogReader, Lsn, WalBatch } from "../log.ts";
import { openWalReader } from "../open-wal.ts";
import { damageAbove, salvageLog } from "../salvage.ts";
import type { WalEntry } from "../wal-entry.ts";
import { isCorruption, isWalError, type WalError } from "../wal-error.ts";
import type { DumpInvocation } from "./arguments.ts";
import { asBytes, asMessagePack, type DescribeOwn, entryLine } from "./entry-line.ts";
import { optionsInWords } from "./layout.ts";
import { NAME } from "./name.ts";

type Entry = WalEntry | Uint8Array;

/** Prints entries; resolves to the exit code. Damage is thrown unless the invocation says how to go on. */
export async function dump(invocation: DumpInvocation, streams: Streams): Promise<number> {
  const lines = new EntryLines(streams.stdout, invocation);
  const refuses = invocation.beyondDamage === "refuse";
  let damage: WalError | undefined;
  try {
    await printHeld(invocation, lines);
  } catch (error) {
    if (refuses || !isWalError(error) || !isCorruption(error)) throw error;
    damage = error;
  } finally {
    await lines.flush();
  }
  if (refuses || lines.full) return FINE;
  damage ??= await damageAbove(nodeDisk, invocation.directory, lines.lastLsn);
  if (!damage) return FINE;
  await complain(NAME, streams, `the log is damaged; ${lines.summary}. ${damage.code}: ${optionsInWords(damage.message)}`);
  if (invocation.beyondDamage === "salvage") await printSalvaged(invocation, lines, streams);
  return DAMAGED;
}

/** What readers give. */
async function printHeld({ directory, after, unproven, beyondDamage }: DumpInvocation, lines: EntryLines): Promise<void> {
  const reader = await openReader(directory, beyondDamage === "refuse" ? "refuse" : "stop");
  try {
    for await (const batch of reader.read({ after, unproven: unproven || beyondDamage === "salvage" })) {
      await lines.batch(batch, false);
      if (lines.full) return;
    }
  } finally {
    await reader.close();
  }
}

async function openReader(directory: string, onDamage: "refuse" | "stop"): Promise<LogReader<Entry>> {
  try {
    return await openWalReader(directory, { onDamage });
  } catch (error) {
    if (!isWalError(error, "WAL_CODEC_MISMATCH")) throw error;
    return openWalReader<Uint8Array>(directory, { onDamage, codec: bytesCodec });
  }
}

async function printSalvaged({ directory }: DumpInvocation, lines: EntryLines, streams: Streams): Promise<void> {
  const before = lines.printed;
  try {
    for await (const batch of salvageLog(nodeDisk, directory, lines.lastLsn)) {
      await lines.batch(batch, true);
      if (lines.full) break;
    }
  } finally {
    await lines.flush();
  }
  const salvaged = lines.printed - before;
  await complain(NAME, streams, salvaged === 0 ? "nothing more verifies behind the damage" : `${count(salvaged, "record")} salvaged behind the damage; between them others may be missing`);
}

/** Prints batches, up to a number of entries. */
class EntryLines {
  readonly #printer: LinePrinter;
  readonly #limit: number;
  readonly #describeOwn: DescribeOwn;
  lastLsn: Lsn;
  printed = 0;

  constructor(stdout: OutputStream, { limit, after = 0, msgpack }: DumpInvocation) {
    this.#printer = new LinePrinter(stdout);
    this.#limit = limit;
    this.#describeOwn = msgpack ? asMessagePack : asBytes;
    this.lastLsn = after;
  }

  get full(): boolean {
    return this.printed >= this.#limit;
  }

  get summary(): string {
    return this.printed === 0 ? "no record can be read in order" : `this dump goes up to record ${this.lastLsn}`;
  }

  async batch({ firstLsn, session, entries }: WalBatch<Entry>, salvaged: boolean): Promise<void> {
    for (const [i, entry] of entries.entries()) {
      if (this.full) return;
      this.lastLsn = firstLsn + i;
      this.printed++;
      this.#printer.add(entryLine({ lsn: this.lastLsn, session, salvaged }, entry, this.#describeOwn));
      if (this.#printer.full) await this.#printer.flush();
    }
  }

  flush(): Promise<void> {
    return this.#printer.flush();
  }
}
