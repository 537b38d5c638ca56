import { createSimulatedDisk, type OperationKind } from "@laminar/disk/testing";
import { isCorruption } from "@laminar/recovery";
import type { Door } from "./doors.ts";
import { textOf } from "./expected.ts";
import { type Golden, newestOf } from "./load-golden.ts";
import { DIRECTORY, type Files, isLock } from "./places.ts";
import { olderCommit } from "./residue.ts";

/** What becomes of a damaged directory; `broken` is what must never become of one. */
export type Verdict =
  | { readonly kind: "same" | "shorter" }
  | { readonly kind: "refused"; readonly code: string }
  | { readonly kind: "broken"; readonly what: string };

/** A directory that is synced is as it was. */
const LOOKING: ReadonlySet<OperationKind> = new Set(["stat", "list", "open", "size", "read", "close", "syncDirectory"]);
const NAMES: ReadonlySet<unknown> = new Set(["WalError", "CheckpointError", "SnapshotError", "RecoveryError"]);
/** What says which log it is of. */
const namesLog = (path: string): boolean => path.endsWith(".wal") || path.endsWith("/metadata.json");
/** Refusals that name no damage, and what has to be wrong for them. */
const OTHERS: Readonly<Record<string, (path: string) => boolean>> = {
  RECOVERY_LOCKED: isLock,
  WAL_LOCKED: isLock,
  CHECKPOINT_LOCKED: isLock,
  RECOVERY_LOG_MISMATCH: namesLog,
};

/** The code of a typed refusal that says what is wrong; `undefined` for any other failure. */
function refusal(error: unknown, paths: readonly string[]): string | undefined {
  if (!(error instanceof Error) || !NAMES.has(error.name) || !("code" in error) || typeof error.code !== "string" || error.message === "") return undefined;
  return isCorruption(error) || paths.some((path) => OTHERS[error.code as string]?.(path)) ? error.code : undefined;
}

/**
 * Enters a copy of a golden directory of which `paths` were damaged, and judges what comes of it. What is refused
 * changes nothing but locks.
 */
export async function lookAt(door: Door, golden: Golden, files: Files, paths: readonly string[]): Promise<Verdict> {
  const disk = createSimulatedDisk({ files });
  let verdict: Verdict;
  try {
    verdict = judge(golden, files, textOf(await door.enter({ disk, directory: DIRECTORY }, golden.written)));
  } catch (error) {
    const code = refusal(error, paths);
    verdict = code === undefined ? { kind: "broken", what: `failed without a refusal that says what is wrong: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}` } : { kind: "refused", code };
  }
  if (disk.openFiles > 0) return { kind: "broken", what: `${disk.openFiles} handles are left open` };
  if (door.writes && verdict.kind !== "refused") return verdict;
  const change = disk.operations.find(({ kind, path }) => !LOOKING.has(kind) && !(door.writes && isLock(path)));
  return change === undefined ? verdict : { kind: "broken", what: `${door.name} changed what is there, ${change.kind} ${change.path}, and ended as ${JSON.stringify(verdict)}` };
}

function judge(golden: Golden, files: Files, found: string): Verdict {
  const newest = textOf(newestOf(golden));
  if (found === newest) return { kind: "same" };
  const older = olderCommit(golden, files);
  if (older !== undefined && found === textOf(older)) return { kind: "shorter" };
  return { kind: "broken", what: `gave ${found} instead of ${newest}${older ? ` (or of ${textOf(older)})` : ""}` };
}
