import type { Row } from "./row.ts";
import { crashStates } from "./rows/01-crash-states.ts";
import { crashesOfRecovery } from "./rows/02-crashes-of-recovery.ts";
import { necessaryBarriers } from "./rows/12-barriers.ts";

/** In the order of the table; each has a file of its own. */
export const rows: readonly Row[] = [crashStates, crashesOfRecovery, necessaryBarriers];
