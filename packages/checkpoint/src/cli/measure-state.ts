import { crc32 } from "@laminar/disk/checksum";
import { type Finding, findingOf, stateFile } from "./finding.ts";
import type { ReadableStore } from "./survey.ts";

/** What a state's bytes are, or why they couldn't be read. */
export type Measured = { readonly size: number; readonly checksum: number; readonly failure?: undefined } | { readonly failure: Finding };

/** Reads states, each once, whatever chains they belong to. */
export class StateMeter {
  readonly #store: ReadableStore;
  readonly #onBytes: (bytes: number) => void;
  readonly #measured = new Map<number, Measured>();
  bytesRead = 0;

  constructor(store: ReadableStore, onBytes: (bytes: number) => void) {
    this.#store = store;
    this.#onBytes = onBytes;
  }

  /** How many states were read to their end. */
  get statesRead(): number {
    return [...this.#measured.values()].filter(({ failure }) => !failure).length;
  }

  has(id: number): boolean {
    return this.#measured.has(id);
  }

  async measure(id: number): Promise<Measured> {
    const known = this.#measured.get(id);
    if (known) return known;
    const measured = await this.#read(id);
    this.#measured.set(id, measured);
    return measured;
  }

  async #read(id: number): Promise<Measured> {
    let size = 0;
    let checksum = 0;
    try {
      for await (const chunk of this.#store.readState(id)) {
        size += chunk.length;
        checksum = crc32(chunk, checksum);
        this.bytesRead += chunk.length;
        this.#onBytes(this.bytesRead);
      }
      return { size, checksum };
    } catch (error) {
      return { failure: findingOf(error, stateFile(id)) };
    }
  }
}
