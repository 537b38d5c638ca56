import type { Writable } from "node:stream";

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

/** Gathers lines, so that not every one costs a write. */
export class LinePrinter {
  readonly #stream: Writable;
  #lines: string[] = [];
  #length = 0;

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  add(line: string): void {
    this.#lines.push(line, "\n");
    this.#length += line.length + 1;
  }

  /** Whether it is time to flush. */
  get full(): boolean {
    return this.#length >= CHUNK_LENGTH;
  }

  async flush(): Promise<void> {
    const text = this.#lines.join("");
    this.#lines = [];
    this.#length = 0;
    if (text !== "") await print(this.#stream, text);
  }
}

const CHUNK_LENGTH = 64 * 1024;
