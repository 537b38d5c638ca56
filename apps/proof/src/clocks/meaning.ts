import { decodeSnapshot } from "@laminar/state-snapshot";
import type { DiskImage } from "@laminar/disk/testing";

/** What files say but for the time: for equal meaning, equal text. */
export interface Meaning {
  /** Names of files, and what the log holds, byte by byte. */
  readonly names: string;
  readonly log: string;
  /** Metadata and states of the checkpoints without their times, and without the checksums that these go into. */
  readonly checkpoints: string;
}

const decoder = new TextDecoder();

export async function meaningOf({ files }: DiskImage): Promise<Meaning> {
  const paths = [...files.keys()].filter((path) => !path.includes("/LOCK")).sort();
  const log = paths.filter((path) => path.startsWith("/data/log/")).map((path) => `${path} ${Buffer.from(files.get(path) ?? []).toString("latin1")}`);
  const checkpoints: string[] = [];
  for (const path of paths) {
    const bytes = files.get(path);
    if (bytes === undefined || !path.startsWith("/data/checkpoints/")) continue;
    checkpoints.push(`${path} ${path.endsWith(".json") ? withoutTimes(bytes) : await entriesOf(bytes)}`);
  }
  return { names: paths.join("\n"), log: log.join("\n"), checkpoints: checkpoints.join("\n") };
}

function withoutTimes(metadata: Uint8Array): string {
  return JSON.stringify(JSON.parse(decoder.decode(metadata)), (name: string, value: unknown) => (name === "timestamp" || name === "checksum" ? undefined : value));
}

async function entriesOf(state: Uint8Array): Promise<string> {
  const entries: string[] = [];
  for await (const block of decodeSnapshot([state])) for (const { key, value } of block) entries.push(`${decoder.decode(key)}=${value === undefined ? "deleted" : decoder.decode(value)}`);
  return entries.sort().join(" ");
}
