import type { Writable } from "node:stream";
import { print } from "./print.ts";

export interface Streams {
  /** Results only. */
  readonly stdout: Writable;
  /** Errors only. */
  readonly stderr: Writable;
}

export function complain(streams: Streams, message: string): Promise<void> {
  return printError(streams, `laminar-wal: ${message}\n`);
}

/** The exit code says it as well, to whoever doesn't read stderr. */
export async function printError({ stderr }: Streams, text: string): Promise<void> {
  await print(stderr, text).catch(() => undefined);
}
