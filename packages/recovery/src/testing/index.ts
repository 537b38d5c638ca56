export { memoryLogReader } from "./memory-log-reader.ts";
