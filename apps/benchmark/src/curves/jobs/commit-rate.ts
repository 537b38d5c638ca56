import { join } from "node:path";
import { openWal } from "@laminar/wal";
import { PlainLog } from "../plain-log.ts";
import { keyRing, valueOf } from "../work.ts";

export interface Committing {
  readonly directory: string;
  readonly seed: number;
  readonly log: "laminar" | "plain";
  readonly committers: number;
  readonly milliseconds: number;
}

/** So many callers, each of whom waits until its own put is durable and then commits the next; commits a second. */
export async function commitRate({ directory, seed, log: which, committers, milliseconds }: Committing): Promise<number> {
  const keyOf = keyRing(seed);
  const log = await (which === "plain" ? plain(directory) : laminar(directory));
  const work = async (duration: number): Promise<number> => {
    let commits = 0;
    const start = performance.now();
    const committer = async (first: number): Promise<void> => {
      for (let number = first; performance.now() < start + duration; number += committers, commits++) await log.commit(keyOf(number));
    };
    await Promise.all(Array.from({ length: committers }, (_, index) => committer(index)));
    return (commits * 1000) / (performance.now() - start);
  };
  await work(milliseconds / 4);
  const rate = await work(milliseconds);
  await log.close();
  return rate;
}

interface Committable {
  commit(key: Uint8Array): Promise<unknown>;
  close(): Promise<void>;
}

async function laminar(directory: string): Promise<Committable> {
  const log = await openWal(directory);
  const value = valueOf();
  return { commit: (key) => (log.append({ type: "put", key, value }), log.sync()), close: () => log.close() };
}

async function plain(directory: string): Promise<Committable> {
  const log = new PlainLog(join(directory, "file"));
  const value = valueOf();
  return { commit: (key) => log.commit(key, value), close: async () => log.close() };
}
