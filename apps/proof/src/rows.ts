import type { Row } from "./row.ts";
import { crashStates } from "./rows/01-crash-states.ts";
import { crashesOfRecovery } from "./rows/02-crashes-of-recovery.ts";
import { kills } from "./rows/08-kills.ts";
import { races } from "./rows/09-races.ts";
import { hostileBytes } from "./rows/10-hostile-bytes.ts";
import { referenceModel } from "./rows/11-reference-model.ts";

/** In the order of the table; each has a file of its own. */
export const rows: readonly Row[] = [crashStates, crashesOfRecovery, kills, races, hostileBytes, referenceModel];
