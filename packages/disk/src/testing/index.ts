export type { DiskImage, Fault, Operation, OperationKind, SimulatedDisk } from "./simulated-disk.ts";
