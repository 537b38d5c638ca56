import type { Row } from "./row.ts";
import { crashStates } from "./rows/01-crash-states.ts";
import { crashesOfRecovery } from "./rows/02-crashes-of-recovery.ts";
import { cutFiles } from "./rows/03-cut-files.ts";
import { flippedBitsRow } from "./rows/04-flipped-bits.ts";
import { sectors } from "./rows/05-sectors.ts";
import { necessaryBarriers } from "./rows/12-barriers.ts";
import { lostChains } from "./rows/13-lost-chains.ts";
import { goldenDirectories } from "./rows/16-golden-directories.ts";
import { models } from "./rows/models.ts";

/** In the order of the table; each has a file of its own. */
export const rows: readonly Row[] = [crashStates, crashesOfRecovery, cutFiles, flippedBitsRow, sectors, necessaryBarriers, lostChains, goldenDirectories, models];
