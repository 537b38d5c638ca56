import type { Writable } from "node:stream";
import { visible } from "./layout.ts";

export interface Streams {
  /** Results only. */
  readonly stdout: Writable;
  /** Errors, what `recover` found, and on a terminal how far it is. */
  readonly stderr: Writable & { readonly isTTY?: boolean };
}

/** The output took no more. */
export class OutputError extends Error {
  /** Whoever read it has gone: `| head` has seen enough. */
  readonly readerGone: boolean;

  constructor(cause: unknown) {
    super(`the output couldn't be written: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.readerGone = cause instanceof Error && "code" in cause && cause.code === "EPIPE";
  }
}

/** Writes `text` and settles when it was taken, so that whoever prints waits for a slow reader. Rejects with `OutputError`. */
export async function print(stream: Writable, text: string): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      stream.write(text, (error) => (error ? reject(error) : resolve()));
    });
  } catch (error) {
    throw new OutputError(error);
  }
}

/** One line on stderr. The exit code says it as well, to whoever doesn't read that. */
export function complain(streams: Streams, message: string): Promise<void> {
  return printError(streams, `laminar-recovery: ${visible(message)}\n`);
}

export async function printError({ stderr }: Streams, text: string): Promise<void> {
  await print(stderr, text).catch(() => undefined);
}

const CHUNK_LENGTH = 64 * 1024;

/** Prints lines, gathered so that not every one costs a write. */
export async function printLines(stream: Writable, lines: Iterable<string>): Promise<void> {
  let gathered: string[] = [];
  let length = 0;
  for (const line of lines) {
    gathered.push(line);
    length += line.length;
    if (length < CHUNK_LENGTH) continue;
    await print(stream, gathered.join(""));
    gathered = [];
    length = 0;
  }
  if (length > 0) await print(stream, gathered.join(""));
}
