export type { RecoveredState, StateChange } from "./recovered-state.ts";
export { isCorruption, isRecoveryError, RecoveryError, type RecoveryErrorCode, type RecoveryErrorDetails } from "./recovery-error.ts";
export { recoverCore, type RecoveryParts, type RecoveryProgress, type RecoveryRules } from "./recover-core.ts";
export { planRecovery, type PlanInput, type RecoveryPlan } from "./plan-recovery.ts";
export { candidacy, hearWitnesses, requireNext, requireNoGap, requireNoLogNeeded, requireWhole, type Candidacy, type LogFacts, type Skipped, type Until } from "./recovery-plan.ts";
export type { RecoveryReport } from "./recovery-report.ts";
export type { RecoverySink } from "./recovery-sink.ts";
export { Replay, type Applied, type ReplayRules, type ReplayStart } from "./replay.ts";
