import { bytesCodec, msgpackCodec, openWal, openWalReader, type Lsn, type WalCodec, type WalEntry } from "@laminar/wal";

/** Appends, syncs, closes, and reads it back; then the same with entries of its own. */
export async function use(directory: string): Promise<void> {
  const wal = await openWal(directory);
  wal.append({ type: "put", key: Uint8Array.of(1), value: Uint8Array.of(2) });
  wal.append({ type: "commit", offsets: new Map([["source", 3]]) });
  const durable: Lsn = await wal.sync();
  await wal.close();

  const reader = await openWalReader(directory);
  const entries: WalEntry[] = [];
  for await (const { entry } of reader.entries()) entries.push(entry);
  await reader.close();
  const [put, commit] = entries;
  if (durable !== 2 || entries.length !== 2) throw new Error(`${entries.length} entries, durable up to ${durable}`);
  if (put?.type !== "put" || put.value[0] !== 2) throw new Error("the put came back as something else");
  if (commit?.type !== "commit" || commit.offsets.get("source") !== 3n) throw new Error("the commit came back as something else");

  await useOwnEntries(`${directory}/events`);
  await useBytes(`${directory}/bytes`);
}

interface Paid {
  readonly type: "paid";
  readonly order: bigint;
  readonly at: Date;
  readonly note?: string | undefined;
}

async function useOwnEntries(directory: string): Promise<void> {
  const codec: WalCodec<Paid> = msgpackCodec<Paid>();
  const log = await openWal<Paid>(directory, { codec });
  const wrong = { type: "paid", order: 1n, at: () => 0 } as unknown as Paid;
  try {
    log.append(wrong);
    throw new Error("a function was taken");
  } catch (error) {
    if (!(error instanceof TypeError) || !error.message.startsWith("entry.at: ")) throw error;
  }
  if (log.append({ type: "paid", order: 7n, at: new Date(8) }) !== 1) throw new Error("a refused entry took a number");
  await log.close();

  const reader = await openWalReader<Paid>(directory, { codec });
  for await (const { entry } of reader.entries()) {
    if (entry.order !== 7n || entry.at.getTime() !== 8 || "note" in entry) throw new Error("the event came back as something else");
  }
  await reader.close();
}

async function useBytes(directory: string): Promise<void> {
  const log = await openWal(directory, { codec: bytesCodec });
  log.append(Uint8Array.of(1, 2));
  await log.sync();
  for await (const { entry } of log.entries()) {
    if (entry.length !== 2 || entry[1] !== 2) throw new Error("the bytes came back as others");
  }
  await log.close();
}
