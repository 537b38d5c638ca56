/** One point of a curve: a number for each column. */
export type Row = Readonly<Record<string, number>>;

/** How far a run goes. */
export interface Limits {
  /** Bytes of the largest log. */
  readonly bytes: number;
  /** Keys of the largest state. */
  readonly keys: number;
  /** Files of the longest log. */
  readonly segments: number;
  readonly committers: number;
  /** How long committers work for one number. */
  readonly milliseconds: number;
  /** How often what varies is measured; the median counts. */
  readonly rounds: number;
}

/** Where and with what a curve is measured. */
export interface Setting {
  readonly limits: Limits;
  readonly seed: number;
  /** Runs `action` in an empty directory that goes afterwards. */
  readonly inDirectory: <T>(action: (directory: string) => Promise<T>) => Promise<T>;
  /** Says how far the measurement is. */
  readonly say: (what: string) => void;
}

export type Unit = "bytes" | "binary bytes" | "count" | "each" | "ns" | "ms" | "s";

export interface Axis {
  readonly label: string;
  readonly unit: Unit;
  readonly scale: "linear" | "log";
  /** What is marked on it. @default round numbers */
  readonly ticks?: readonly number[];
}

export interface Line {
  /** The column that is drawn. */
  readonly column: string;
  readonly label: string;
}

export interface Chart {
  /** Name of the file, without its ending. */
  readonly name: string;
  readonly title: string;
  readonly x: Axis & { readonly column: string };
  readonly y: Axis;
  readonly lines: readonly Line[];
}

/** What is measured, how it is drawn, and what it shows. */
export interface Curve {
  readonly name: string;
  readonly title: string;
  /** The columns of its CSV, each with its unit in its name. */
  readonly columns: readonly string[];
  measure(setting: Setting): Promise<readonly Row[]>;
  charts(rows: readonly Row[]): readonly Chart[];
  /** One sentence for each chart, from the numbers. */
  says(rows: readonly Row[]): readonly string[];
}

/** The numbers of one column. */
export const column = (rows: readonly Row[], name: string): readonly number[] => rows.map((row) => cell(row, name));

export function cell(row: Row | undefined, name: string): number {
  const value = row?.[name];
  if (value === undefined) throw new TypeError(`a row without ${name}`);
  return value;
}
