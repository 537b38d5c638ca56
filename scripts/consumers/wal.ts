import { openWal, openWalReader, type Lsn, type WalEntry } from "@laminar/wal";

/** Appends, syncs, closes, and reads it back. */
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
}
