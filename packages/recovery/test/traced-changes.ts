import type { Operation, OperationKind } from "@laminar/disk/testing";

/** One operation that changes or syncs something, as a line that is equal for equal operations of different runs. */
export type Change = string;

/** What neither changes nor syncs. A close does neither: what it frees was a handle. */
const LOOKING_KINDS: ReadonlySet<OperationKind> = new Set(["stat", "list", "open", "read", "size", "close"]);

export const isChange = ({ kind }: Pick<Operation, "kind">): boolean => !LOOKING_KINDS.has(kind);

/** The operation's kind, its paths without the identities of locks' owners, its position and its length. */
export function changeOf({ kind, path, target, position, length }: Omit<Operation, "index">): Change {
  const place = position === undefined ? [] : [`at ${position}`, `${length ?? 0} bytes`];
  return [kind, path || ".", ...(target === undefined ? [] : ["to", target]), ...place].join(" ").replaceAll(/v1\+[^/ ]*/g, "OWNER");
}
