import type { CrashState } from "@laminar/disk/testing";
import type { DurableStep } from "../durable-state/steps.ts";
import type { Step } from "./steps.ts";

export type AnyStep = Step | DurableStep;

/** What a crash interrupted. */
export function operationKindOf({ step, operation: { kind, path }, image }: CrashState<AnyStep>): string {
  if (step === "end") return "close";
  if (step === "start" || step.do === "open" || step.do === "stray") return "recover and open";
  if (path.includes("/checkpoints/") || path.endsWith("/checkpoints")) return upkeepOf(step, kind, path);
  if (kind === "remove") return "truncate";
  if (step.do === "fence") return "fence";
  if (kind !== "write" && kind !== "sync") return "rotate";
  // A file is told of by the name that it was made with; a segment has it until it is published.
  return image.files.has(path) ? "rotate" : step.do === "group" || step.do === "commit together" ? "group commit" : "append";
}

const UPKEEP: Readonly<Record<string, string>> = { full: "full checkpoint", delta: "delta checkpoint", compact: "compaction", "clean-up": "clean-up", truncate: "truncate" };

/** A checkpoint is under way until it has its name; then old ones go. */
function upkeepOf(step: AnyStep, kind: string, path: string): string {
  if (kind.startsWith("remove") || path.includes("/trash_") || (kind === "rename" && path.includes("/checkpoint_"))) return "clean-up";
  return UPKEEP[step.do] ?? "checkpoint";
}

const countOf = (count: number, many: number): string => (count >= many ? `${many} or more` : `${count}`);

/** How many segments the log has, and how long the newest chain is. */
export function shapesOf({ image: { files } }: CrashState<AnyStep>): readonly string[] {
  let segments = 0;
  let checkpoints = 0;
  let newest = "";
  for (const path of files.keys()) {
    if (path.endsWith(".wal")) segments++;
    if (!/\/checkpoint_[0-9a-f]{16}\/metadata\.json$/.test(path)) continue;
    checkpoints++;
    if (path > newest) newest = path;
  }
  return [`log of ${countOf(segments, 4)} segments`, `${countOf(checkpoints, 3)} checkpoints`, `chain of ${countOf(partsOf(files.get(newest)), 3)} parts`];
}

/** 0 without a checkpoint, and for one whose metadata aren't whole. */
function partsOf(metadata: Uint8Array | undefined): number {
  try {
    const { chain } = JSON.parse(new TextDecoder().decode(metadata)) as { readonly chain: readonly unknown[] };
    return chain.length;
  } catch {
    return 0;
  }
}
