import type { Row } from "./row.ts";
import { crashStates } from "./rows/01-crash-states.ts";
import { crashesOfRecovery } from "./rows/02-crashes-of-recovery.ts";
import { cutFiles } from "./rows/03-cut-files.ts";
import { flippedBitsRow } from "./rows/04-flipped-bits.ts";
import { sectors } from "./rows/05-sectors.ts";
import { diskFaults } from "./rows/06-disk-faults.ts";
import { lyingSyncs } from "./rows/07-lying-syncs.ts";
import { kills } from "./rows/08-kills.ts";
import { races } from "./rows/09-races.ts";
import { hostileBytes } from "./rows/10-hostile-bytes.ts";
import { referenceModel } from "./rows/11-reference-model.ts";
import { necessaryBarriers } from "./rows/12-barriers.ts";
import { lostChains } from "./rows/13-lost-chains.ts";
import { wrongClocks } from "./rows/14-wrong-clocks.ts";
import { hostileNames } from "./rows/15-hostile-names.ts";
import { goldenDirectories } from "./rows/16-golden-directories.ts";
import { models } from "./rows/models.ts";

/** In the order of the table; each has a file of its own. */
export const rows: readonly Row[] = [
  crashStates,
  crashesOfRecovery,
  cutFiles,
  flippedBitsRow,
  sectors,
  diskFaults,
  lyingSyncs,
  kills,
  races,
  hostileBytes,
  referenceModel,
  necessaryBarriers,
  lostChains,
  wrongClocks,
  hostileNames,
  goldenDirectories,
  models,
];
