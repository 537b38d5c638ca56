import { getHeapSpaceStatistics } from "node:v8";

const MIB = 2 ** 20;
const SLACK_BYTES = 64 * MIB;

/**
 * What reading takes, measured in two ways: for one input by the bytes of the heap and of all arrays, also those that were given back
 * since, and for all inputs together by what the system says that the process had at most, without what the collector took for its
 * young generation meanwhile. Limit: 4 times the input, and 64 MiB.
 */
export class MemoryWatch {
  #base: { readonly peak: number; readonly young: number } | undefined;
  #largest = 0;
  /** Of a single input. */
  mostBytes = 0;

  /** What is taken while nothing was read yet but ordinary inputs is the collector's, and no reader's. */
  begin(): void {
    this.#base = { peak: peakBytes(), young: youngBytes() };
  }

  async measure<T>(bytes: number, read: () => T | Promise<T>): Promise<T> {
    const before = heldBytes();
    const result = await read();
    const taken = heldBytes() - before;
    this.mostBytes = Math.max(this.mostBytes, taken);
    if (taken > 4 * bytes + SLACK_BYTES) throw new Error(`${taken} bytes taken for an input of ${bytes}`);
    return result;
  }

  saw(bytes: number): void {
    this.#largest = Math.max(this.#largest, bytes);
  }

  get growthBytes(): number {
    return this.#base === undefined ? 0 : peakBytes() - this.#base.peak - Math.max(0, youngBytes() - this.#base.young);
  }

  judge(): string | undefined {
    const most = 4 * this.#largest + SLACK_BYTES;
    return this.growthBytes > most ? `the process grew by ${this.growthBytes} bytes, and its largest input had ${this.#largest}` : undefined;
  }
}

function heldBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const youngBytes = (): number => getHeapSpaceStatistics().reduce((sum, space) => sum + (space.space_name.startsWith("new_") ? space.space_size : 0), 0);
const peakBytes = (): number => process.resourceUsage().maxRSS * 1024;
