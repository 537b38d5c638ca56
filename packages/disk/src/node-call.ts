import { thrownErrorFor } from "./errno.ts";

/** The last argument of a `node:fs` function. */
export type Callback<T> = (error: Error | null | undefined, value?: T) => void;

/** Runs one `node:fs` call with a callback as a promise: `node:fs/promises` costs a handle object and more time a call. */
export function call<T>(operation: string, file: string, start: (done: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => {
      if (error) reject(thrownErrorFor(operation, file, error));
      else resolve(value as T);
    });
  });
}

/** The same at once. `step` is the part of the operation that the call is, where its errors mean something of their own. */
export function callSync<T>(operation: string, file: string, run: () => T, step: string = operation): T {
  try {
    return run();
  } catch (error) {
    throw thrownErrorFor(operation, file, error, step);
  }
}
