export { checkpointStoreConformance, type StoreConformanceOptions } from "./checkpoint-store-conformance.ts";
export type { TestFunction } from "./store-assertions.ts";
