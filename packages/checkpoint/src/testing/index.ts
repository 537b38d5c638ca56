export { checkpointReaderConformance, type CheckpointReaderConformanceOptions } from "./checkpoint-reader-conformance.ts";
export { checkpointStoreConformance, type StoreConformanceOptions } from "./checkpoint-store-conformance.ts";
export type { CheckpointContent, CheckpointReaderAbility, CheckpointReaderUnderTest } from "./reader-content.ts";
export type { TestFunction } from "./store-assertions.ts";
