export { writeContent, type LogContent, type LogStep } from "./log-conformance-content.ts";
export {
  logConformance,
  logReaderConformance,
  type LogAbility,
  type LogConformanceOptions,
  type LogReaderConformanceOptions,
  type LogReaderUnderTest,
  type LogUnderTest,
  type ReaderAbility,
  type StandardLog,
  type TestFunction,
} from "./log-conformance.ts";
export { readLogImage, type ImageTail, type LogImage, type ReadImage } from "./read-log-image.ts";
