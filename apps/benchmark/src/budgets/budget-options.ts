import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { hotPaths } from "./hot-paths.ts";

export interface BudgetOptions {
  /** Name of the one hot path to weigh. @default all */
  readonly only: string | undefined;
  /** Where the budgets stand. */
  readonly file: string;
  /** Takes what is weighed for the budgets from now on. */
  readonly write: boolean;
}

export const budgetHelp: string = `bench --budgets: what an operation of the hot paths costs in memory and in calls of the disk, against the budgets in
apps/benchmark/budgets.json. Nothing is timed. Ends with 1 when a budget is exceeded.

  --only NAME   one of ${hotPaths.map(({ name }) => name).join(", ")}
  --write       what is weighed becomes the budget
  --file PATH   other budgets
`;

const ownBudgets = fileURLToPath(new URL("../../budgets.json", import.meta.url));

/** Throws `TypeError` for arguments that make no sense. */
export function budgetOptions(args: readonly string[]): BudgetOptions {
  const options = { budgets: { type: "boolean" }, only: { type: "string" }, write: { type: "boolean", default: false }, file: { type: "string", default: ownBudgets } } as const;
  const { only, file, write } = parseArgs({ args: args.filter((arg) => arg !== "--"), options }).values;
  if (only !== undefined && !hotPaths.some(({ name }) => name === only)) throw new TypeError(`there is no hot path "${only}", but ${hotPaths.map(({ name }) => name).join(", ")}`);
  return { only, file, write };
}
