import type { RecoveredState } from "@laminar/recovery";

const text = new TextDecoder();

/** What belongs together in a commit. Values are their number, and then as many letters as make them long. */
export interface Cut {
  readonly state: ReadonlyMap<string, string>;
  /** The number of the commit, which is the offset of its source, too; 0 for nothing committed. */
  readonly commit: number;
}

/** As text, equal for equal cuts. */
export function textOfCut({ state, commit }: Cut): string {
  const entries = [...state].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}=${short(value)}`);
  return `commit ${commit}: ${entries.join(" ")}`;
}

const short = (value: string): string => {
  const filling = value.length - value.replace(/x+$/, "").length;
  return `${value.slice(0, value.length - filling)}${filling > 0 ? `+${filling}` : ""}`;
};

export const watermarkOf = (commit: number): bigint | undefined => (commit === 0 ? undefined : BigInt(commit) * 10n);

/** The cut that a recovery gave. Throws when offset and watermark aren't those of one commit. */
export function recoveredCut(recovered: RecoveredState): Cut {
  const state = new Map<string, string>();
  for (const [key, value] of recovered.stateSnapshot ?? []) state.set(text.decode(key), text.decode(value));
  for (const change of recovered.stateChanges) {
    if (change.type === "put") state.set(text.decode(change.key), text.decode(change.value));
    else state.delete(text.decode(change.key));
  }
  const commit = Number(recovered.sourceOffsets.get("events") ?? 0n);
  if (recovered.watermark !== watermarkOf(commit)) throw new Error(`the offset ${commit} came with the watermark ${recovered.watermark}`);
  return { state, commit };
}
