import * as fs from "node:fs";
import { checkBytes, checkPosition } from "./argument-checks.ts";
import { callSync } from "./node-call.ts";
import { checkPlainFile, kindOf, statSync } from "./node-status.ts";
import { transferMax, type PlatformRules } from "./platform.ts";

const operation = "readSync";

/** One read of a plain file that is open for as long as the call takes. */
export function readSync(path: string, position: number, target: Uint8Array, rules: PlatformRules): number {
  checkPosition(position);
  checkBytes("The target of a read", target);
  if (!rules.refusesLinks) checkPlainFile(operation, path, statSync(operation, path));
  const descriptor = callSync(operation, path, () => fs.openSync(path, rules.readFlags), "open");
  try {
    checkPlainFile(operation, path, { kind: kindOf(callSync(operation, path, () => fs.fstatSync(descriptor))) });
    const length = Math.min(target.length, transferMax);
    return callSync(operation, path, () => fs.readSync(descriptor, target, 0, length, position));
  } finally {
    closeQuietly(descriptor);
  }
}

function closeQuietly(descriptor: number): void {
  try {
    fs.closeSync(descriptor);
  } catch {
    // Nothing was written through it, so that what a close could say concerns nobody.
  }
}
