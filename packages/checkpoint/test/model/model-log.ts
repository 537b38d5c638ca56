/** A change, or (without one) the commit that makes the changes before it count. */
export interface LogRecord {
  readonly lsn: number;
  readonly session: number;
  readonly change?: readonly [key: string, value: string | null] | undefined;
}

/** One version of a log; never changed. */
export interface ModelLog {
  readonly records: readonly LogRecord[];
  /** Records between the two numbers were taken out of use. */
  readonly fences: readonly (readonly [after: number, before: number])[];
  /** Every record above it that counts is held. */
  readonly startsAfter: number;
  /** The last record that counts. */
  readonly lastLsn: number;
  readonly nextLsn: number;
  readonly session: number;
}

export const LOG_ID = "000102030405060708090a0b0c0d0e0f";
export const EMPTY_LOG: ModelLog = { records: [], fences: [], startsAfter: 0, lastLsn: 0, nextLsn: 1, session: 0 };

/** False inside a fence; says nothing of records that were never written or were dropped. */
export const counts = ({ fences }: ModelLog, lsn: number): boolean => !fences.some(([after, before]) => lsn > after && lsn < before);

export type Standing = "held" | "fenced" | "dropped" | "beyond";

/** What a position is to a log. */
export function standing(log: ModelLog, lsn: number): Standing {
  if (!counts(log, lsn)) return "fenced";
  if (lsn < log.startsAfter) return "dropped";
  return lsn > log.lastLsn ? "beyond" : "held";
}

export function appended(log: ModelLog, changes: readonly LogRecord["change"][]): ModelLog {
  const records = changes.map((change, i) => ({ lsn: log.nextLsn + i, session: log.session, change }));
  const nextLsn = log.nextLsn + records.length;
  return { ...log, records: [...log.records, ...records], lastLsn: nextLsn - 1, nextLsn };
}

/** Another writer begins: what the one before left without a commit is never covered by one of its own. */
export const reopened = (log: ModelLog): ModelLog => ({ ...log, session: log.session + 1 });

/** Records above `lsn` no longer count, and their numbers aren't given again. */
export function fenced(log: ModelLog, lsn: number): ModelLog {
  const fences = [...log.fences.filter(([after]) => after < lsn), [lsn, log.nextLsn] as const];
  return { ...log, records: log.records.filter((record) => record.lsn <= lsn), fences, lastLsn: lsn, session: log.session + 1 };
}

/** Records below `lsn` are dropped, every one of them: no real log drops more. */
export function droppedBelow(log: ModelLog, lsn: number): ModelLog {
  let { startsAfter } = log;
  for (const record of log.records) if (record.lsn < lsn) startsAfter = Math.max(startsAfter, record.lsn);
  if (log.lastLsn < lsn) startsAfter = Math.max(startsAfter, log.lastLsn);
  return {
    ...log,
    startsAfter,
    records: log.records.filter((record) => record.lsn > startsAfter),
    fences: log.fences.filter(([, before]) => before - 1 > startsAfter),
  };
}

/** The log of one machine: what is durable, and versions that a power cut may leave or not. */
export class LogOnDisk {
  durable: ModelLog;
  pending: readonly ModelLog[];

  constructor(durable: ModelLog = EMPTY_LOG, pending: readonly ModelLog[] = []) {
    this.durable = durable;
    this.pending = pending;
  }

  get current(): ModelLog {
    return this.pending.at(-1) ?? this.durable;
  }

  write(version: ModelLog): void {
    this.pending = [...this.pending, version];
  }

  sync(): void {
    this.durable = this.current;
    this.pending = [];
  }

  /** What a kill leaves. */
  killed(): LogOnDisk {
    return new LogOnDisk(this.durable, this.pending);
  }

  /** What a power cut leaves, by chance. */
  powerCut(random: () => number): LogOnDisk {
    const versions = [this.durable, ...this.pending];
    return new LogOnDisk(versions[Math.floor(random() * versions.length)] ?? this.durable);
  }
}
