/** A state at a commit. */
export interface ModelCut {
  readonly lsn: number;
  readonly state: ReadonlyMap<string, string>;
  readonly offsets: ReadonlyMap<string, bigint>;
  readonly watermark: bigint | undefined;
}

/** All that is promised of a state and its log: a map, the commits, and the records that count. */
export class ReferenceModel {
  cuts: readonly ModelCut[] = [{ lsn: 0, state: new Map(), offsets: new Map(), watermark: undefined }];
  records: readonly { readonly lsn: number; readonly text: string }[] = [];
  staged: ReadonlyMap<string, string | undefined> = new Map();
  #lsn = 0;

  get last(): ModelCut {
    return this.cuts[this.cuts.length - 1] as ModelCut;
  }

  /** With what is staged. */
  get state(): ReadonlyMap<string, string> {
    const state = new Map(this.last.state);
    for (const [key, value] of this.staged) {
      if (value === undefined) state.delete(key);
      else state.set(key, value);
    }
    return state;
  }

  /** A value of `undefined` deletes. */
  stage(key: string, value: string | undefined): void {
    this.staged = new Map([...this.staged, [key, value]]);
  }

  rollback(): void {
    this.staged = new Map();
  }

  record(text: string): number {
    this.records = [...this.records, { lsn: ++this.#lsn, text }];
    return this.#lsn;
  }

  /** Makes what is staged count, at the last record. Offsets and watermark never go back. */
  commit(offsets: ReadonlyMap<string, bigint>, watermark: bigint | undefined): void {
    const moved = [...offsets].filter(([source, offset]) => offset > (this.last.offsets.get(source) ?? offset - 1n));
    const later = watermark !== undefined && watermark > (this.last.watermark ?? watermark - 1n) ? watermark : this.last.watermark;
    this.cuts = [...this.cuts, { lsn: this.#lsn, state: this.state, offsets: new Map([...this.last.offsets, ...moved]), watermark: later }];
    this.rollback();
  }

  /** Nothing above `lsn` counts any more, and no number is given again. */
  fence(lsn: number): void {
    this.cuts = this.cuts.filter((cut) => cut.lsn <= lsn);
    this.records = this.records.filter((record) => record.lsn <= lsn);
    this.rollback();
  }
}
