import { type LogEnd, type LogReader, type ReadOptions, type WalBatch, WalError, type WalEntry } from "@laminar/wal";

/** What a file holds that another program appends to: a line for each thing that happened to accounts. */
export interface Ledger {
  readonly logId: string;
  readonly batches: readonly WalBatch<WalEntry>[];
  readonly end: LogEnd;
}

/**
 * The first line names the ledger; each one after it gives accounts their new balances, or closes them with null:
 *
 *     {"ledger":"6c6f6720746861742069736e2774206f"}
 *     {"ann":1500,"bob":200}
 *     {"ann":1300,"bob":400}
 *
 * A line is a batch that ends with a commit. Without its line feed it was never finished, and counts for nothing.
 */
export function parseLedger(file: string, text: string): Ledger {
  const whole = text.lastIndexOf("\n") + 1;
  const [head = "{}", ...lines] = text.slice(0, whole).split("\n").slice(0, -1);
  let lastLsn = 0;
  const batches = lines.map((line, index): WalBatch<WalEntry> => {
    const changes = Object.entries(JSON.parse(line) as Record<string, number | null>).map(([account, balance]): WalEntry => {
      const key = Buffer.from(account);
      return balance === null ? { type: "delete", key } : { type: "put", key, value: Buffer.from(`${balance}`) };
    });
    const firstLsn = lastLsn + 1;
    lastLsn += changes.length + 1;
    return { firstLsn, session: 1, entries: [...changes, { type: "commit", offsets: new Map([["lines", BigInt(index + 1)]]) }] };
  });
  const offset = Buffer.byteLength(text.slice(0, whole));
  const bytes = Buffer.byteLength(text) - offset;
  return { logId: (JSON.parse(head) as { ledger?: string }).ledger ?? "", batches, end: { kind: bytes > 0 ? "torn" : "clean", file, offset, bytes } };
}

/** A ledger as recovery wants a log. Nothing in it is ever taken back, so every record counts. */
export function ledgerReader({ logId, batches, end }: Ledger): LogReader<WalEntry> {
  const newest = batches.at(-1);
  let isClosed = false;
  const close = async (): Promise<void> => void (isClosed = true);

  async function* read({ after = 0, follow = false, signal }: ReadOptions = {}): AsyncGenerator<WalBatch<WalEntry>, void, undefined> {
    if (typeof after !== "number" || follow) throw new TypeError("after is a record's number, and a ledger can't be followed");
    if (!Number.isSafeInteger(after) || after < 0) throw new RangeError(`after is a whole number from 0 on, not ${after}`);
    if (isClosed) throw new WalError("WAL_CLOSED", "this ledger was closed");
    for (const { firstLsn, session, entries } of batches) {
      if (signal?.aborted) throw signal.reason;
      const rest = entries.slice(Math.max(0, after + 1 - firstLsn));
      if (rest.length > 0) yield { firstLsn: firstLsn + entries.length - rest.length, session, entries: rest };
    }
  }

  async function* entriesOf(options?: ReadOptions): AsyncGenerator<{ readonly lsn: number; readonly entry: WalEntry }, void, undefined> {
    for await (const { firstLsn, entries } of read(options)) for (const [i, entry] of entries.entries()) yield { lsn: firstLsn + i, entry };
  }

  return {
    logId,
    startsAfter: 0,
    firstLsn: 1,
    lastLsn: newest ? newest.firstLsn + newest.entries.length - 1 : 0,
    end,
    counts: () => true,
    read,
    entries: entriesOf,
    close,
    [Symbol.asyncDispose]: close,
  };
}
