import type { ModelSurvey } from "./model-directory.ts";
import type { ModelLog } from "./model-log.ts";
import type { Recovered, Verdict } from "./model-recovery.ts";
import { belongs } from "./model-retention.ts";

/** A commit as the program knows it: its number, and the state after it as text. */
export interface Commit {
  readonly lsn: number;
  readonly state: string;
}

/** What a program has committed and published and was promised, and whether what a crash leaves keeps it. Lists are never changed in place: copies share them. */
export class Oracle {
  commits: readonly Commit[] = [{ lsn: 0, state: "" }];
  /** So many of `commits` were acknowledged. */
  acknowledged = 1;
  /** A fence that is being made behind that commit: it holds or not. */
  fence: number | undefined;
  /** Checkpoints that were acknowledged, or shown by an opening, and that nobody began to remove. */
  owed: ReadonlySet<number> = new Set();
  /** Those whose removal began. */
  withdrawn: ReadonlySet<number> = new Set();
  /** Published ones have ids up to it. */
  highestId = 0;
  /** Whether files were damaged. */
  isRotted = false;
  /** Whether an operation of the disk failed. */
  hasFailed = false;
  hasLostPower = false;
  nextValue = 1;

  copy(): Oracle {
    return Object.assign(new Oracle(), this);
  }

  /** What the judgements depend on. */
  get signature(): string {
    return `${this.commits.length} ${this.acknowledged} ${this.fence} ${[...this.owed].join()} ${this.isRotted} ${this.hasFailed}`;
  }

  commit(commit: Commit): void {
    this.commits = [...this.commits, commit];
  }

  acknowledge(): void {
    this.acknowledged = this.commits.length;
    this.fence = undefined;
  }

  fenced(index: number): void {
    this.commits = this.commits.slice(0, index + 1);
    this.acknowledge();
  }

  /** An id was given to a checkpoint. Says so when it had been another's. */
  publish(id: number): string | undefined {
    if (id <= this.highestId) return `ID REUSED: ${id} is given, and ${this.highestId} had been`;
    this.highestId = id;
    // The clean-up after another one may have begun before this one's settling was seen.
    if (!this.withdrawn.has(id)) this.owed = new Set([...this.owed, id]);
    return undefined;
  }

  removing(id: number): void {
    this.withdrawn = new Set([...this.withdrawn, id]);
    this.owed = new Set([...this.owed].filter((owed) => owed !== id));
  }

  /** `undefined` when a recovery keeps every promise, otherwise the one it breaks. */
  judge(verdict: Verdict): string | undefined {
    if (verdict.kind === "refused") return `REFUSED: ${verdict.why}`;
    const { lsn, state, offset } = verdict;
    if (offset !== BigInt(lsn)) return `TORN CUT: the offset ${offset} with the commit ${lsn}`;
    const index = this.#indexOf(verdict);
    if (index >= this.acknowledged - 1 || (index >= 0 && index === this.fence)) return undefined;
    const promised = this.commits[this.acknowledged - 1];
    if (index >= 0) return `SILENTLY OLDER: ${lsn}, and ${promised?.lsn} was acknowledged`;
    const said = this.commits.find((commit) => commit.lsn === lsn);
    return said ? `SILENTLY WRONG: [${state}] instead of [${said.state}]` : `UNKNOWN COMMIT: ${lsn}`;
  }

  /** The same for the checkpoints that are there. */
  judgeCheckpoints(survey: ModelSurvey, log: ModelLog, crash: "kill" | "power cut"): string | undefined {
    const lost = [...this.owed].find((id) => !survey.ids.includes(id));
    if (lost !== undefined) return `CHECKPOINT LOST: ${lost}`;
    if (this.isRotted || this.hasFailed) return undefined;
    const damaged = survey.ids.find((id) => !survey.whole.has(id));
    if (damaged !== undefined) return `FALSE DAMAGE: ${damaged}`;
    // A power cut may leave any of several withdrawals that weren't synced yet, until the next clean-up.
    if (crash === "power cut" || this.hasLostPower) return undefined;
    const counted = [...survey.whole.values()].filter((metadata) => belongs(log, metadata));
    const orphan = counted.find(({ chain }) => chain.some(({ id }) => !survey.whole.has(id)));
    return orphan && `DELTA WITHOUT ITS BASE: ${orphan.id}`;
  }

  /** A program that started was shown the verdict: it is the truth from here on. */
  observe(verdict: Recovered): void {
    this.commits = this.commits.slice(0, this.#indexOf(verdict) + 1);
    this.acknowledge();
  }

  /** A manager that opened showed what is there. After a failed sync nobody can say whether that stays. */
  show(survey: ModelSurvey): void {
    if (this.hasFailed) return;
    this.highestId = Math.max(this.highestId, ...survey.ids);
    this.owed = new Set(survey.ids);
  }

  #indexOf({ lsn, state }: Recovered): number {
    return this.commits.findIndex((commit) => commit.lsn === lsn && commit.state === state);
  }
}
