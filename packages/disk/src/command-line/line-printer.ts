import { type OutputStream, print } from "./output.ts";

const CHUNK_LENGTH = 64 * 1024;

/** Gathers lines, so that not every one costs a write. */
export class LinePrinter {
  readonly #stream: OutputStream;
  #lines: string[] = [];
  #length = 0;

  constructor(stream: OutputStream) {
    this.#stream = stream;
  }

  /** Takes a line, without its end. */
  add(line: string): void {
    this.#lines.push(line, "\n");
    this.#length += line.length + 1;
  }

  /** Whether it is time to flush. */
  get full(): boolean {
    return this.#length >= CHUNK_LENGTH;
  }

  /** Prints what is gathered. Rejects with `OutputError`. */
  async flush(): Promise<void> {
    const text = this.#lines.join("");
    this.#lines = [];
    this.#length = 0;
    if (text !== "") await print(this.#stream, text);
  }
}
