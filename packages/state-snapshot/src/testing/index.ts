export { stateStoreConformance } from "./state-store-conformance.ts";
export type { StateStoreConformance } from "./state-store-conformance.ts";
