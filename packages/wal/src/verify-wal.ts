import { join } from "node:path";
import { type Disk, nodeDisk } from "@laminar/disk";
import { driveLog, ioError, listLog, readShape } from "./drive-log.ts";
import { readBatches } from "./log-core.ts";
import type { LogEnd, Lsn } from "./log.ts";
import { segmentName } from "./segment-names.ts";
import { isCorruption, isWalError, type WalError } from "./wal-error.ts";
import { requireDirectory } from "./wal-options.ts";

/** What a verification found. */
export interface WalReport {
  /** `"missing"`: there is no log. `"damaged"`: `damage` says what and where. */
  readonly verdict: "ok" | "damaged" | "missing";
  readonly damage?: WalError | undefined;
  readonly logId?: string | undefined;
  readonly startsAfter: Lsn;
  /** The last record that verified and counts. */
  readonly lastLsn: Lsn;
  /** Up to here the log itself proves what was durable. */
  readonly provenLsn: Lsn;
  readonly records: number;
  readonly batches: number;
  readonly segments: number;
  readonly end?: LogEnd | undefined;
}

/** Reads the whole log in `directory`, changes nothing, and says what it found and where. Rejects only for failures to read. */
export async function verifyWal(directory: string, options: { readonly disk?: Disk | undefined } = {}): Promise<WalReport> {
  requireDirectory(directory);
  const disk = options.disk ?? nodeDisk;
  const seen = { logId: undefined as string | undefined, startsAfter: 0, lastLsn: 0, provenLsn: 0, records: 0, batches: 0, segments: 0 };
  try {
    const listing = await listLog(disk, directory);
    const shape = listing && (await readShape(disk, listing, "refuse"));
    if (!shape) return { verdict: "missing", ...seen };
    Object.assign(seen, { logId: shape.logId, startsAfter: shape.startsAfter, lastLsn: shape.startsAfter, segments: shape.segments.length });
    const batches = driveLog(disk, directory, readBatches(shape, { after: 0, upTo: Number.POSITIVE_INFINITY, onDamage: "refuse" }));
    for (;;) {
      const step = await batches.next();
      if (step.done) {
        const { lastLsn, provenLsn, end } = step.value;
        return { verdict: "ok", ...seen, lastLsn, provenLsn, end };
      }
      seen.batches++;
      seen.records += step.value.counted;
      seen.lastLsn = step.value.header.firstLsn + step.value.counted - 1;
    }
  } catch (error) {
    if (isWalError(error) && isCorruption(error)) return { verdict: "damaged", damage: error, ...seen };
    throw isWalError(error) ? error : ioError(error, directory);
  }
}

/** Bytes of the log's segment files in `directory`; 0 when there is no log. Reads no content. */
export async function walSize(directory: string, options: { readonly disk?: Disk | undefined } = {}): Promise<number> {
  requireDirectory(directory);
  const disk = options.disk ?? nodeDisk;
  try {
    const names = (await disk.list(directory)).filter(({ name, kind }) => kind === "file" && name === segmentName(Number.parseInt(name, 16)));
    const found = await Promise.all(names.map(({ name }) => disk.stat(join(directory, name))));
    return found.reduce((sum, status) => sum + (status?.size ?? 0), 0);
  } catch (error) {
    const failure = ioError(error, directory);
    if (failure.code === "WAL_NOT_FOUND") return 0;
    throw failure;
  }
}
