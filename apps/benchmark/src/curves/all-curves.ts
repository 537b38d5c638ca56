import { checkpointChanges } from "./checkpoint-changes.ts";
import { checkpointKeys } from "./checkpoint-keys.ts";
import { committers } from "./committers.ts";
import type { Curve } from "./curve.ts";
import { logSize } from "./log-size.ts";
import { recoveryMemory } from "./recovery-memory.ts";
import { recoveryTail } from "./recovery-tail.ts";
import { segments } from "./segments.ts";
import { stateRecovery } from "./state-recovery.ts";
import { valueSizes } from "./value-sizes.ts";

/** In the order of the page; what takes the disk longest comes last when they are measured. */
export const allCurves: readonly Curve[] = [logSize, committers, valueSizes, segments, recoveryTail, recoveryMemory, stateRecovery, checkpointKeys, checkpointChanges];
