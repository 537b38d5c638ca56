/*
 * What the commands of all packages are made of: how they read their arguments, how they write, and which exit code says what. Here because
 * all of them stand on this one.
 */

export { DAMAGED, FINE, NOT_READ, WRONG_ARGUMENTS } from "./exit-codes.ts";
export { alignRows, count, indent, jsonText, megabytes, quote, visible } from "./layout.ts";
export { LinePrinter } from "./line-printer.ts";
export { complain, OutputError, print, type OutputStream, type Streams } from "./output.ts";
export { Progress } from "./progress.ts";
export {
  type CommandCall,
  type CommandOption,
  type Commands,
  type GivenOptions,
  oneDirectory,
  oneWordOf,
  type Question,
  readArguments,
  textOf,
  UsageError,
  wholeNumberOf,
} from "./read-arguments.ts";
export { type CommandLine, type CommandProcess, runCommandLine } from "./run-command-line.ts";
export { base64, bytesAsJson, valueAsJson } from "./value-json.ts";
