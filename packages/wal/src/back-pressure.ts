import { WalError } from "./wal-error.ts";

/** So many times the high-water mark may wait before entries are refused. */
const REFUSED_ABOVE = 4;

interface Gate {
  readonly promise: Promise<void>;
  readonly open: () => void;
  readonly fail: (error: unknown) => void;
}

/** Holds callers back who append faster than the disk writes. */
export class BackPressure {
  readonly #highWaterMark: number;
  readonly #refusedAbove: number;
  /** There while somebody waits. */
  #gate: Gate | undefined;

  constructor(highWaterMark: number) {
    this.#highWaterMark = highWaterMark;
    this.#refusedAbove = REFUSED_ABOVE * highWaterMark;
  }

  /** Refuses the next entry when too many bytes wait, which bounds the memory they take. */
  requireRoom(waitingBytes: number): void {
    if (waitingBytes > this.#refusedAbove) throw fullError(waitingBytes, this.#refusedAbove);
  }

  isHigh(waitingBytes: number): boolean {
    return waitingBytes >= this.#highWaterMark;
  }

  get isHolding(): boolean {
    return this.#gate !== undefined;
  }

  /** Settles at the next `release` that finds room. */
  wait(): Promise<void> {
    this.#gate ??= createGate();
    return this.#gate.promise;
  }

  release(waitingBytes: number): void {
    if (this.#gate === undefined || this.isHigh(waitingBytes)) return;
    this.#gate.open();
    this.#gate = undefined;
  }

  fail(error: unknown): void {
    this.#gate?.fail(error);
    this.#gate = undefined;
  }
}

function createGate(): Gate {
  let open: () => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  const promise = new Promise<void>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { promise, open, fail };
}

function fullError(waitingBytes: number, limit: number): WalError {
  const message = `${waitingBytes} bytes are not durable yet, above four times highWaterMark: nothing was taken; await ready(), then append again`;
  return new WalError("WAL_BACKPRESSURE", message, { expected: limit, actual: waitingBytes });
}
