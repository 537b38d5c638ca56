export { diskConformance, type DiskConformanceOptions, type DiskUnderTest } from "./conformance.ts";
export { createSimulatedDisk } from "./create-simulated-disk.ts";
export type { DiskImage, Fault, InterleavingOptions, Operation, OperationKind, SimulatedDisk } from "./simulated-disk.ts";
export { type InterleavedOperation, StuckError } from "./stuck-error.ts";
