import { nodeDisk } from "@laminar/disk";
import { complain, quote, type Streams } from "@laminar/disk/command-line";
import type { Asked } from "./arguments.ts";
import { NAME } from "./name.ts";

/** An error of ours, of which the message says all there is to say. */
export interface Finding extends Error {
  readonly code: string;
}

const OURS: ReadonlySet<string> = new Set(["CheckpointError", "DiskError", "RecoveryError", "SnapshotError", "WalError"]);

export function isFinding(error: unknown): error is Finding {
  return error instanceof Error && OURS.has(error.name) && "code" in error && typeof error.code === "string";
}

export function findingInWords({ code, message }: Finding): string {
  return `${code}: ${optionsInWords(message)}`;
}

/** Messages name the options of a program; here they are called otherwise. */
export function optionsInWords(message: string): string {
  return message.replaceAll("acceptMissingLog", "--accept-missing-log").replaceAll("mustExist", "--must-exist").replaceAll('onDamage: "stop"', "--on-damage stop");
}

/** Says which places aren't there. That is no error, and may be the wrong path. */
export async function sayWhatIsMissing({ checkpointDir, walDir }: Asked, streams: Streams): Promise<void> {
  for (const path of [checkpointDir, walDir]) {
    if (path === undefined) continue;
    // A failure is the recovery's to report.
    const status = await nodeDisk.stat(path).catch(() => path);
    if (status === undefined) await complain(NAME, streams, `there is no directory ${quote(path)}`);
  }
}
