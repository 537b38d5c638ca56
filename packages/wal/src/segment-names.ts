/** The names of a log's files, and nothing else's: what doesn't parse isn't ours and is left alone. */

const SEGMENT = /^([0-9a-f]{16})\.(wal|head|wal\.tmp)$/;

export const segmentName = (number: number): string => `${number.toString(16).padStart(16, "0")}.wal`;
export const headName = (number: number): string => `${number.toString(16).padStart(16, "0")}.head`;
export const temporaryName = (number: number): string => `${segmentName(number)}.tmp`;

export interface LogNames {
  /** Numbers of the segments, ascending. */
  readonly segments: readonly number[];
  readonly heads: readonly number[];
  /** Leftovers of a publish that never finished. */
  readonly temporary: readonly number[];
  /** The highest number that any name carries, 0 for none. */
  readonly highest: number;
}

export function parseLogNames(names: Iterable<string>): LogNames {
  const found = { wal: [] as number[], head: [] as number[], "wal.tmp": [] as number[] };
  for (const name of names) {
    const match = SEGMENT.exec(name);
    const number = Number.parseInt(match?.[1] ?? "", 16);
    if (match && Number.isSafeInteger(number)) found[match[2] as keyof typeof found].push(number);
  }
  const ascending = (numbers: number[]): number[] => numbers.sort((a, b) => a - b);
  const segments = ascending(found.wal);
  const heads = ascending(found.head);
  return { segments, heads, temporary: ascending(found["wal.tmp"]), highest: Math.max(segments.at(-1) ?? 0, heads.at(-1) ?? 0) };
}
