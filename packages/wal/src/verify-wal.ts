import { join } from "node:path";
import { type Disk, nodeDisk } from "@laminar/disk";
import { drive, ioError, readShape, settle } from "./drive-log.ts";
import { lastCounted, readBatches } from "./log-core.ts";
import { LogDriver } from "./log-driver.ts";
import type { LogListing } from "./log-shape.ts";
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

/**
 * Reads the whole log in `directory`, beside whoever writes, changes nothing, and says what it found and where. Rejects only
 * for failures to read.
 */
export async function verifyWal(directory: string, options: { readonly disk?: Disk | undefined } = {}): Promise<WalReport> {
  requireDirectory(directory);
  const disk = options.disk ?? nodeDisk;
  const verification = new Verification();
  try {
    return await settle(disk, directory, (listing) => verification.look(disk, listing));
  } catch (error) {
    if (isWalError(error, "WAL_NOT_FOUND")) return { verdict: "missing", ...verification.seen };
    if (isWalError(error) && isCorruption(error)) return { verdict: "damaged", damage: error, ...verification.seen };
    throw error;
  }
}

const nothing = { logId: undefined as string | undefined, startsAfter: 0, lastLsn: 0, provenLsn: 0, records: 0, batches: 0, segments: 0 };

class Verification {
  /** What the last look has found so far. */
  seen = { ...nothing };

  async look(disk: Disk, listing: LogListing): Promise<WalReport> {
    this.seen = { ...nothing };
    const { seen } = this;
    const shape = await readShape(disk, listing, "refuse");
    if (!shape) return { verdict: "missing", ...seen };
    Object.assign(seen, { logId: shape.logId, startsAfter: shape.startsAfter, lastLsn: shape.startsAfter, segments: shape.segments.length });
    const batches = readBatches(shape, { after: 0, upTo: Number.POSITIVE_INFINITY, onDamage: "refuse" });
    const { lastLsn, provenLsn, end } = await drive(new LogDriver(disk, shape.directory), batches, (found) => {
      seen.batches++;
      seen.records += found.counted;
      seen.lastLsn = lastCounted(found);
    });
    return { verdict: "ok", ...seen, lastLsn, provenLsn, end };
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
