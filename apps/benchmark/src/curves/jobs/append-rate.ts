import { join } from "node:path";
import { openWal } from "@laminar/wal";
import { PlainLog } from "../plain-log.ts";
import { keyBytes, keyRing, valueOf } from "../work.ts";

export interface Appending {
  readonly directory: string;
  readonly seed: number;
  readonly log: "laminar" | "plain";
  readonly valueBytes: number;
  readonly entries: number;
}

/** Bytes that are appended between two looks at the back-pressure. */
const readyEveryBytes = 64 * 1024;

/** Appends so many puts and syncs once; milliseconds. A tenth of them go before, to warm up. */
export async function appendRate({ directory, seed, log, valueBytes, entries }: Appending): Promise<number> {
  const keyOf = keyRing(seed, 4096);
  const value = valueOf(valueBytes);
  return log === "plain" ? appendPlain(join(directory, "file"), keyOf, value, entries) : appendLaminar(directory, keyOf, value, entries);
}

async function appendLaminar(directory: string, keyOf: (number: number) => Uint8Array, value: Uint8Array, entries: number): Promise<number> {
  const log = await openWal(directory);
  const readyEvery = Math.max(1, Math.floor(readyEveryBytes / (keyBytes + value.length)));
  const append = async (count: number): Promise<void> => {
    for (let number = 0; number < count; number++) {
      if (number % readyEvery === 0) await log.ready();
      log.append({ type: "put", key: keyOf(number), value });
    }
    await log.sync();
  };
  await append(Math.ceil(entries / 10));
  const start = performance.now();
  await append(entries);
  const milliseconds = performance.now() - start;
  await log.close();
  return milliseconds;
}

async function appendPlain(file: string, keyOf: (number: number) => Uint8Array, value: Uint8Array, entries: number): Promise<number> {
  const log = new PlainLog(file);
  const append = (count: number): void => {
    for (let number = 0; number < count; number++) log.append(keyOf(number), value);
    log.syncNow();
  };
  append(Math.ceil(entries / 10));
  const start = performance.now();
  append(entries);
  const milliseconds = performance.now() - start;
  log.close();
  return milliseconds;
}
