/** The names in a checkpoint directory. What isn't canonical isn't ours: it is reported and left alone. */

const NAME = /^(?:(checkpoint|tmp)_([0-9a-f]{16})|(trash)_([0-9a-f]{16})(?:_[1-9]\d{0,8})?)$/;

export type NameKind = "checkpoint" | "tmp" | "trash";

export const METADATA_FILE = "metadata.json";
export const STATE_FILE = "state.bin";

export const nameOf = (kind: NameKind, id: number): string => `${kind}_${id.toString(16).padStart(16, "0")}`;

export function parseName(name: string): { readonly kind: NameKind; readonly id: number } | undefined {
  const match = NAME.exec(name);
  const id = Number.parseInt(match?.[2] ?? match?.[4] ?? "", 16);
  return match && Number.isSafeInteger(id) && id > 0 ? { kind: (match[1] ?? match[3]) as NameKind, id } : undefined;
}

/** Whether a name that doesn't parse looks as if it should have: worth a line in a report. */
export const looksLikeOurs = (name: string): boolean => /^(checkpoint|tmp|trash)_/.test(name);

/** A name for a withdrawn checkpoint under which nothing stands. Whoever put something there keeps it, and nobody waits for them. */
export function freeTrashName(id: number, taken: ReadonlySet<string>): string {
  const name = nameOf("trash", id);
  if (!taken.has(name)) return name;
  let number = 1;
  while (taken.has(`${name}_${number}`)) number++;
  return `${name}_${number}`;
}
