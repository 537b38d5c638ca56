import type { Row } from "./row.ts";
import { crashStates } from "./rows/01-crash-states.ts";
import { crashesOfRecovery } from "./rows/02-crashes-of-recovery.ts";
import { diskFaults } from "./rows/06-disk-faults.ts";
import { lyingSyncs } from "./rows/07-lying-syncs.ts";
import { wrongClocks } from "./rows/14-wrong-clocks.ts";
import { hostileNames } from "./rows/15-hostile-names.ts";

/** In the order of the table; each has a file of its own. */
export const rows: readonly Row[] = [crashStates, crashesOfRecovery, diskFaults, lyingSyncs, wrongClocks, hostileNames];
