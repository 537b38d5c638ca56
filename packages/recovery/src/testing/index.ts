export { memoryLogReader } from "./memory-log-reader.ts";
export { memoryCheckpointReader, type MemoryCheckpoint } from "./memory-checkpoint-reader.ts";
