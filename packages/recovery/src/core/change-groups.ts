import type { CommittedChanges } from "./change-buffer.ts";
import type { StateChange } from "./recovered-state.ts";
import type { ChangeRanges } from "./recovery-sink.ts";

/** Changes that count together, with the record of their commit. */
export interface ChangeGroup {
  readonly changes: readonly StateChange[];
  readonly lsn: number;
}

/** Commit by commit, with an object for each change. Keys and values are views of copies: what they were is read over soon. */
export function* groupsOf({ changes, ends, lsns }: CommittedChanges): Generator<ChangeGroup, void, undefined> {
  const each = changesOf(changes);
  let taken = 0;
  for (const [commit, end] of ends.entries()) {
    const group: StateChange[] = [];
    for (; taken < end; taken++) group.push(each.next().value as StateChange);
    yield { changes: group, lsn: lsns[commit] as number };
  }
}

function* changesOf(stretches: readonly ChangeRanges[]): Generator<StateChange, void, undefined> {
  for (const { bytes: read, ranges, count } of stretches) {
    const last = 4 * (count - 1);
    const start = ranges[0] as number;
    const { buffer } = read.slice(start, Math.max(ranges[last + 1] as number, ranges[last + 3] as number));
    const viewOf = (from: number): Uint8Array => new Uint8Array(buffer, (ranges[from] as number) - start, (ranges[from + 1] as number) - (ranges[from] as number));
    for (let at = 0; at <= last; at += 4) {
      const key = viewOf(at);
      yield ranges[at + 2] === -1 ? { type: "delete", key } : { type: "put", key, value: viewOf(at + 2) };
    }
  }
}
