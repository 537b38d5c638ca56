import { isDiskError } from "@laminar/disk";
import { alignRows, DAMAGED, FINE, indent, NOT_READ, visible } from "@laminar/disk/command-line";
import { CheckpointError, type CheckpointErrorCode, isCheckpointError } from "../checkpoint-error.ts";
import { METADATA_FILE, nameOf, STATE_FILE } from "../checkpoint-names.ts";

/** Why a checkpoint can't be used, or why nobody knows. */
export interface Finding {
  readonly code: CheckpointErrorCode;
  /** Below the directory. */
  readonly file: string;
  readonly expected?: string | undefined;
  readonly actual?: string | undefined;
  readonly message: string;
}

export const metadataFile = (id: number): string => `${nameOf("checkpoint", id)}/${METADATA_FILE}`;
export const stateFile = (id: number): string => `${nameOf("checkpoint", id)}/${STATE_FILE}`;

/** What a failed read of `file` shows. What is no `CheckpointError` is thrown again. */
export function findingOf(error: unknown, file: string): Finding {
  if (!isCheckpointError(error)) throw error;
  const { code, expected, actual } = error;
  // A published checkpoint has both files, so one that lacks one is damaged.
  if (code === "CHECKPOINT_NOT_FOUND" || isDiskError(error.cause, "DISK_NOT_FOUND")) return { code: "CHECKPOINT_CORRUPT", file, message: `${file} isn't there` };
  return { code, file, expected: inWords(expected), actual: inWords(actual), message: error.message };
}

const inWords = (value: unknown): string | undefined => (typeof value === "string" ? value : JSON.stringify(value));

const isDamage = ({ code }: Finding): boolean => code === "CHECKPOINT_CORRUPT";

/** Damage is certain, and outweighs what couldn't be read. */
export function verdictOf(findings: readonly Finding[]): "whole" | "damaged" | "not read" {
  if (findings.length === 0) return "whole";
  return findings.some(isDamage) ? "damaged" : "not read";
}

export function exitCodeOf(findings: readonly Finding[]): number {
  return { whole: FINE, damaged: DAMAGED, "not read": NOT_READ }[verdictOf(findings)];
}

export function findingInLine(finding: Finding): string {
  return visible(`${isDamage(finding) ? "damaged" : finding.code}: ${finding.message}`);
}

/** Over several lines, with the checkpoints that can't be used because of it. */
export function findingInLines({ code, file, expected, actual, message }: Finding, ids: readonly number[]): string {
  const fields = { file, expected, found: actual, affects: `checkpoint${ids.length > 1 ? "s" : ""} ${ids.join(", ")}` };
  const rows = Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, visible(value)]]));
  return `${code}\n${indent(alignRows(rows))}  ${visible(message)}\n`;
}

export function findingAsJson({ code, file, expected, actual, message }: Finding): object {
  return { code, file, expected, actual, message };
}

export function nothingThere(message: string): CheckpointError {
  return new CheckpointError("CHECKPOINT_NOT_FOUND", message);
}
