import { setTimeout as pause } from "node:timers/promises";

/** Whether it says that another owner has the place. */
export function isLocked(error: unknown): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" && error.code.endsWith("_LOCKED");
}

/** What `open` gives once nobody else has the place. */
export async function onceFree<T>(open: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await open();
    } catch (error) {
      if (!isLocked(error)) throw error;
      await pause(2);
    }
  }
}
