export type { Alteration, Behind, ChangingCall } from "./altered-calls.ts";
export { alteredDisk } from "./altered-disk.ts";
export { diskConformance, type DiskConformanceOptions, type DiskUnderTest } from "./conformance.ts";
export type { CrashFailure, CrashFindings, CrashState, CrashTest, ExploreOptions, Life } from "./crash-test.ts";
export { createSimulatedDisk, type SimulatedDiskOptions } from "./create-simulated-disk.ts";
export { exploreCrashes } from "./explore-crashes.ts";
export { shrink } from "./shrink.ts";
export type { DiskImage, Fault, InterleavingOptions, Operation, OperationKind, SimulatedDisk } from "./simulated-disk.ts";
export { type InterleavedOperation, StuckError } from "./stuck-error.ts";
