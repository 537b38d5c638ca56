import { visible } from "./layout.ts";

/** As much of a Node.js stream as a command uses. */
export interface OutputStream {
  readonly isTTY?: boolean | undefined;
  /** Calls `done` when the text was taken, or with why it wasn't. */
  write(text: string, done?: (error?: Error | null) => void): unknown;
  /** Tells of errors, also of those that `done` was called with. */
  on(event: "error", listener: (error: Error) => void): unknown;
}

/** Where a command writes to. */
export interface Streams {
  /** Results only. */
  readonly stdout: OutputStream;
  /** Errors and remarks, and on a terminal how far the work is. */
  readonly stderr: OutputStream;
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
export async function print(stream: OutputStream, text: string): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      stream.write(text, (error) => (error ? reject(error) : resolve()));
    });
  } catch (error) {
    throw new OutputError(error);
  }
}

/** Writes `text` to stderr. The exit code says it as well, to whoever doesn't read that. */
export async function printError({ stderr }: Streams, text: string): Promise<void> {
  await print(stderr, text).catch(() => undefined);
}

/** One line on stderr that begins with the command's name. */
export function complain(name: string, streams: Streams, message: string): Promise<void> {
  return printError(streams, `${name}: ${visible(message)}\n`);
}
