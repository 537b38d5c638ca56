/** One record as the program under test knows it: its number, and a payload that no other record has. */
export interface Known {
  readonly lsn: number;
  readonly id: number;
}

const same = (a: Known | undefined, b: Known | undefined): boolean => a !== undefined && b !== undefined && a.lsn === b.lsn && a.id === b.id;

/** What a program has submitted and been promised, and whether a log that comes back keeps it. */
export class Oracle {
  submitted: Known[] = [];
  /** So many of `submitted` were acknowledged as durable. */
  acknowledged = 0;
  /** Records below it may be gone. */
  dropBelow = 0;
  /** A fence that is being made: records above it may count or not, but all or none of them. */
  fence: number | undefined;
  nextId = 1;
  /** Which record had a number when it was durable or was shown: it is never another's. */
  #owners = new Map<number, number>();

  copy(): Oracle {
    const copy = Object.assign(new Oracle(), this, { submitted: [...this.submitted] });
    copy.#owners = new Map(this.#owners);
    return copy;
  }

  /** What `judge` depends on. */
  get signature(): string {
    return `${this.submitted.length} ${this.acknowledged} ${this.dropBelow} ${this.fence}`;
  }

  /** A record is about to be written. Says so when its number is taken. */
  submit(record: Known): string | undefined {
    this.submitted.push(record);
    const owner = this.#owners.get(record.lsn);
    return owner === undefined || owner === record.id ? undefined : `number ${record.lsn} is given to record ${record.id}, and was record ${owner}`;
  }

  /** Records up to `lsn` are said to be durable. */
  acknowledge(lsn: number): void {
    for (let next = this.submitted[this.acknowledged]; next && next.lsn <= lsn; next = this.submitted[this.acknowledged]) {
      this.#owners.set(next.lsn, next.id);
      this.acknowledged++;
    }
  }

  /** The fence that was being made at `lsn` stands. */
  fenced(lsn: number): void {
    this.submitted = this.submitted.filter((known) => known.lsn <= lsn);
    this.acknowledged = this.submitted.length;
    this.fence = undefined;
  }

  /** `undefined` when `found` keeps every promise, otherwise what it breaks. */
  judge(found: readonly Known[]): string | undefined {
    if (this.#fits(found, this.submitted, this.acknowledged)) return undefined;
    const fence = this.fence;
    if (fence !== undefined) {
      const before = this.submitted.filter(({ lsn }) => lsn <= fence);
      if (this.#fits(found, before, before.length)) return undefined;
    }
    const list = (known: readonly Known[]): string => known.map(({ lsn, id }) => `${lsn}:${id}`).join(" ");
    return `found [${list(found)}] of [${list(this.submitted)}], ${this.acknowledged} acknowledged, below ${this.dropBelow} dropped, fence ${fence}`;
  }

  /** Whether `found` is a part of `submitted` without holes that lacks only dropped records in front and unacknowledged ones behind. */
  #fits(found: readonly Known[], submitted: readonly Known[], acknowledged: number): boolean {
    const droppable = submitted.findIndex(({ lsn }) => lsn >= this.dropBelow);
    const mayLack = droppable < 0 ? submitted.length : droppable;
    if (found.length === 0) return acknowledged <= mayLack;
    const from = submitted.findIndex((known) => same(known, found[0]));
    if (from < 0 || from > mayLack || from + found.length > submitted.length) return false;
    return found.every((known, i) => same(known, submitted[from + i])) && from + found.length >= acknowledged;
  }

  /** A program that opened the log was shown `found`: from now on that is the truth. */
  observe(found: readonly Known[]): void {
    const first = found[0]?.lsn ?? Number.POSITIVE_INFINITY;
    const dropped = this.submitted.filter(({ lsn }) => lsn < this.dropBelow && lsn < first);
    this.submitted = [...dropped, ...found];
    this.acknowledged = this.submitted.length;
    this.fence = undefined;
    for (const { lsn, id } of found) this.#owners.set(lsn, id);
  }
}
