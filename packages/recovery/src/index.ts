export type { RecoveredState, StateChange } from "./core/recovered-state.ts";
export type { RecoveryProgress } from "./core/recover-core.ts";
export type { RecoveryReport } from "./core/recovery-report.ts";
export type { RecoverySink } from "./core/recovery-sink.ts";
export { openDurableState, recover, RecoveryManager, recoverSimple, recoverWithChanges } from "./recover.ts";
export { applyRecovered, emptyRecoveredState, formatReport, hasState, type RestorableStore } from "./recovered.ts";
export type { RecoveryConfig } from "./recovery-config.ts";
export { isCorruption, isRecoveryError, RecoveryError, type RecoveryErrorCode, type RecoveryErrorDetails } from "./core/recovery-error.ts";
