import { count, visible } from "@laminar/disk/command-line";

/** JSON that a terminal shows as it is. It parses to the same. */
export function jsonLine(value: unknown): string {
  return `${visible(JSON.stringify(value))}\n`;
}

/** An instant, in UTC. Metadata may hold numbers that no calendar has. */
export function instant(milliseconds: number): string {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? `${milliseconds} ms` : date.toISOString();
}

/** What a state's bytes are known by. */
export function bytesInWords({ size, checksum }: { readonly size: number; readonly checksum: number }): string {
  return `${count(size, "byte")}, checksum ${hex(checksum)}`;
}

export function hex(checksum: number): string {
  return checksum.toString(16).padStart(8, "0");
}
