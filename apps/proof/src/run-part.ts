import { rows } from "./rows.ts";
import type { Outcome, Work } from "./row.ts";

/** What the process of a part is told, and what it answers. */
export interface Order {
  readonly row: string;
  readonly part: string;
  readonly work: Work;
}

export type Answer = { readonly outcome: Outcome } | { readonly error: string };

async function answerTo({ row, part, work }: Order): Promise<Answer> {
  try {
    const found = rows.find(({ title }) => title === row)?.parts.find(({ name }) => name === part);
    if (found === undefined) throw new Error(`there is no part ${part} of a row ${row}`);
    return { outcome: await found.run(work) };
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

// Nobody waits for the answer any more.
process.on("disconnect", () => process.exit(1));
process.on("message", (order: Order) => {
  // A program that was made to hang may have left a timer that keeps the process alive.
  void answerTo(order).then((answer) => process.send?.(answer, () => process.exit()));
});
