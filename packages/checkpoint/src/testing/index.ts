export { checkpointStoreConformance } from "./checkpoint-store-conformance.ts";
