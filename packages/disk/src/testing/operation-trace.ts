import type { Fault, Operation } from "./simulated-disk.ts";

/** What was done on a disk, who watches it, and which of it is to fail. */
export class OperationTrace {
  readonly operations: Operation[] = [];
  readonly #observers: Set<{ readonly observe: (operation: Operation) => void }> = new Set();
  #decide: ((operation: Operation) => Fault | undefined) | undefined;

  beforeEach(observe: (operation: Operation) => void): () => void {
    // An object of its own, so that the same function may observe twice.
    const observer = { observe };
    this.#observers.add(observer);
    return () => void this.#observers.delete(observer);
  }

  plan(decide: ((operation: Operation) => Fault | undefined) | undefined): void {
    this.#decide = decide;
  }

  /** Tells of an operation that is about to take effect; returns it with the fault that hits it. */
  begin(details: Omit<Operation, "index">): { readonly operation: Operation; readonly fault: Fault | undefined } {
    const operation: Operation = { index: this.operations.length, ...details };
    for (const { observe } of this.#observers) observe(operation);
    this.operations.push(operation);
    const fault = this.#decide?.(operation);
    if (fault !== undefined) checkFault(operation, fault);
    return { operation, fault };
  }
}

function checkFault({ kind }: Operation, fault: Fault): void {
  if (fault.kind === "short") {
    if (kind !== "read" && kind !== "write") throw new TypeError(`A short transfer was planned for a ${kind}.`);
    if (!Number.isSafeInteger(fault.bytes) || fault.bytes < 1) {
      throw new RangeError(`A short transfer takes a whole number of bytes from 1, not ${fault.bytes}.`);
    }
  }
  if (fault.kind === "lie" && kind !== "sync" && kind !== "syncDirectory") {
    throw new TypeError(`A lie was planned for a ${kind}; only syncs lie.`);
  }
}
