export { diskConformance, type DiskConformanceOptions, type DiskUnderTest } from "./conformance.ts";
export type { CrashFailure, CrashFindings, CrashState, CrashTest, ExploreOptions, Life } from "./crash-test.ts";
export { createSimulatedDisk } from "./create-simulated-disk.ts";
export { exploreCrashes } from "./explore-crashes.ts";
export type { DiskImage, Fault, Operation, OperationKind, SimulatedDisk } from "./simulated-disk.ts";
export { shrink } from "./shrink.ts";
