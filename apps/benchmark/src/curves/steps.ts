/** Round numbers from `from` up to `to`, each decade in the same steps; `to` itself where it is no such number. */
export function decades(from: number, to: number, steps: readonly number[]): readonly number[] {
  const found: number[] = [];
  for (let decade = from; decade <= to; decade *= 10) found.push(...steps.map((step) => step * decade).filter((value) => value <= to));
  return found.at(-1) === to ? found : [...found, to];
}

/** `from`, and what comes of it by `factor`, up to `to`. */
export function powers(from: number, to: number, factor: number): readonly number[] {
  const found: number[] = [];
  for (let value = from; value <= to; value *= factor) found.push(value);
  return found;
}

/** The middle one; of an even number of them, the upper. */
export function median(values: readonly number[]): number {
  const middle = [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
  if (middle === undefined) throw new RangeError("no values");
  return middle;
}

/** How many times as large the largest is as the smallest. */
export const spread = (values: readonly number[]): number => Math.max(...values) / Math.min(...values);

/** How many times as large the last is as the first. */
export function growth(values: readonly number[]): number {
  const [first = Number.NaN] = values;
  return (values.at(-1) ?? Number.NaN) / first;
}

/** Runs an action so many times, one after the other. */
export async function repeat<T>(times: number, action: () => Promise<T>): Promise<readonly T[]> {
  const found: T[] = [];
  for (let i = 0; i < times; i++) found.push(await action());
  return found;
}
