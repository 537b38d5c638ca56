import type { AbortSignalLike } from "./checkpoint-reader.ts";

/** Throws the signal's reason once it is aborted. */
export function throwIfAborted(signal: AbortSignalLike | undefined): void {
  if (signal?.aborted) throw signal.reason ?? new Error("aborted");
}
