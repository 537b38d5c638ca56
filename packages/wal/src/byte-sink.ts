import type { BufferPool } from "./buffer-pool.ts";
import { WalError } from "./wal-error.ts";

const NONE = new Uint8Array(0);

/**
 * The bytes of the open batch, which grow at their end. An encoder asks once for the room that an entry takes and stores
 * straight into `bytes`: two comparisons an entry are all that limits and growing cost.
 */
export class ByteSink {
  readonly #pool: BufferPool;
  readonly #reserved: number;
  readonly #sizeMax: number;
  /** Where a group that is being taken began, and the most that `length` may become with it. */
  #groupStart = 0;
  #groupEnd: number = Number.POSITIVE_INFINITY;
  /** Up to here nothing has to be looked at. */
  #freeEnd = 0;
  /** Another one after room was asked for. */
  bytes: Uint8Array = NONE;
  length: number;

  /** The first `reserved` bytes of every batch are left to its header. An entry and a group have at most `sizeMax` bytes. */
  constructor(pool: BufferPool, reserved: number, sizeMax: number) {
    this.#pool = pool;
    this.#reserved = reserved;
    this.#sizeMax = sizeMax;
    this.length = reserved;
  }

  /** Makes room for `size` bytes and returns where they go. Throws `WAL_ENTRY_TOO_LARGE` before any memory is taken. */
  reserve(size: number): number {
    const at = this.length;
    const end = at + size;
    if (size > this.#sizeMax) throw tooLarge(size, this.#sizeMax);
    if (end > this.#freeEnd) this.#extend(end);
    this.length = end;
    return at;
  }

  #extend(end: number): void {
    if (end > this.#groupEnd) throw tooLarge(end - this.#groupStart, this.#sizeMax);
    if (end > this.bytes.length) this.bytes = this.#pool.larger(this.bytes, this.length, end);
    this.#freeEnd = Math.min(this.bytes.length, this.#groupEnd);
  }

  /** What is reserved from now on is one group, whose size is limited as a whole. */
  beginGroup(): void {
    this.#groupStart = this.length;
    this.#groupEnd = this.length + this.#sizeMax;
    this.#freeEnd = Math.min(this.bytes.length, this.#groupEnd);
  }

  endGroup(): void {
    this.#groupEnd = Number.POSITIVE_INFINITY;
    this.#freeEnd = this.bytes.length;
  }

  /** Takes off all of the group, and doesn't keep the memory that it alone needed. */
  undoGroup(): void {
    this.length = this.#groupStart;
    if (this.length === this.#reserved) this.bytes = NONE;
    this.endGroup();
  }

  /** What was written, in a buffer that the pool gets back from the caller. The next batch begins. */
  take(): Uint8Array {
    const taken = this.bytes.subarray(0, this.length);
    this.bytes = NONE;
    this.length = this.#reserved;
    this.#freeEnd = 0;
    return taken;
  }
}

function tooLarge(bytes: number, max: number): WalError {
  const message = `an entry (or one appendAll) of ${bytes} bytes or more is above maxEntrySize, ${max}: split it, or raise the limit; nothing was taken`;
  return new WalError("WAL_ENTRY_TOO_LARGE", message, { expected: max, actual: bytes });
}
