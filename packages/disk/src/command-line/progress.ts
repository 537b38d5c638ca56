import type { OutputStream, Streams } from "./output.ts";

const MILLISECONDS_BETWEEN = 100;
const CLEAR_LINE = "\r\u001b[K";

/** A line that says how far the work is, on a terminal; nothing anywhere else. */
export class Progress {
  readonly #stderr: OutputStream;
  #shownAt = Number.NEGATIVE_INFINITY;
  #shown = false;

  constructor({ stderr }: Streams) {
    this.#stderr = stderr;
  }

  /** Shows the line, unless it was shown a moment ago. */
  update(text: () => string): void {
    const now = performance.now();
    if (this.#stderr.isTTY !== true || now - this.#shownAt < MILLISECONDS_BETWEEN) return;
    this.#shownAt = now;
    this.#shown = true;
    this.#stderr.write(`${CLEAR_LINE}${text()}`);
  }

  /** Takes the line away, if it is there. */
  clear(): void {
    if (this.#shown) this.#stderr.write(CLEAR_LINE);
    this.#shown = false;
  }
}
