import type { LogWriter, WalEntryInput } from "@laminar/wal";
import { valueOf } from "../work.ts";

/** So many appends go between two looks at the back-pressure. */
const readyEvery = 256;

/** Which puts: of the keys of these numbers. */
export interface Puts {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  readonly keyOf: (number: number) => Uint8Array;
}

/** Appends puts and makes them durable. */
export async function putEntries(log: LogWriter<WalEntryInput>, { from, to, keyOf }: Puts): Promise<void> {
  const value = valueOf();
  for (let number = from; number < to; number++) {
    if (number % readyEvery === 0) await log.ready();
    log.append({ type: "put", key: keyOf(number), value });
  }
  await log.sync();
}

/** Changes of one commit. */
const commitEvery = 100;

/** The same with a commit after every hundred of them, and after the last. */
export async function putCommitted(log: LogWriter<WalEntryInput>, { from, to, keyOf }: Puts): Promise<void> {
  const value = valueOf();
  for (let number = from; number < to; number++) {
    if (number % readyEvery === 0) await log.ready();
    log.append({ type: "put", key: keyOf(number), value });
    if (number % commitEvery === commitEvery - 1 || number === to - 1) log.append({ type: "commit", offsets: new Map() });
  }
  await log.sync();
}
