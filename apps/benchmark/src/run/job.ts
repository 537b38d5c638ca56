import type { Sample } from "../row.ts";
import type { Settings } from "../settings.ts";

/** What a process of its own is asked to do, as JSON. */
export interface Job {
  readonly step: "prepare" | "run" | "run and verify";
  readonly row: string;
  readonly contestant: string;
  readonly settings: Settings;
  readonly directory: string;
}

/** What it answers. */
export type Answer = { readonly sample?: Sample | undefined } | { readonly problem: string };
