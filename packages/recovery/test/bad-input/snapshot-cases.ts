import { createStateStore, decodeSnapshot, encodeSnapshot, mergeSnapshots, StateDelta, StateSnapshot, type StateCapture, type StateStore } from "@laminar/state-snapshot";
import { notBytes, notFunctions, notIterables, notNumbers, notObjects, row, type Place, type Row } from "./sweep.ts";

const KEY = Uint8Array.of(1);
const full = (): Uint8Array[] => [...encodeSnapshot([[KEY, KEY]])];
const notKinds = [null, "", "Full", 1, {}];
const notTimes = [null, "1", 1, -1n, 2n ** 64n, {}];
const notEntries = [undefined, null, 5, "text"];

export const snapshotDoors: readonly Row<undefined>[] = [
  row("encodeSnapshot", "entries", notIterables, (_, value) => encodeSnapshot(value)),
  row("encodeSnapshot", "entry", notEntries, (_, value) => encodeSnapshot([value])),
  row("encodeSnapshot", "key", notBytes, (_, key) => encodeSnapshot([[key, KEY]])),
  row("encodeSnapshot", "value", notBytes.slice(1), (_, value) => encodeSnapshot([[KEY, value]])),
  row("encodeSnapshot", "options", notObjects, (_, value) => encodeSnapshot([], value)),
  row("encodeSnapshot", "kind", notKinds, (_, kind) => encodeSnapshot([], { kind })),
  row("encodeSnapshot", "timestampNs", notTimes, (_, timestampNs) => encodeSnapshot([], { timestampNs })),
  row("encodeSnapshot", "timestamp", [{ timestamp: 1n }], (_, options) => encodeSnapshot([], options)),
  row("decodeSnapshot", "chunks", notIterables, (_, value) => decodeSnapshot(value)),
  row("decodeSnapshot", "chunk", notBytes, (_, value) => decodeSnapshot([value])),
  row("decodeSnapshot", "options", notObjects, (_, value) => decodeSnapshot(full(), value)),
  row("decodeSnapshot", "kind", notKinds, (_, kind) => decodeSnapshot(full(), { kind })),
  row("decodeSnapshot", "knd", [{ knd: "full" }], (_, options) => decodeSnapshot(full(), options)),
  row("mergeSnapshots", "parts", [...notIterables, [], [undefined], [5], [new Uint8Array(3)]], (_, value) => mergeSnapshots(value)),
  row("mergeSnapshots", "allocate", notFunctions, (_, value) => mergeSnapshots([full()], value)),
  ...[StateSnapshot, StateDelta].flatMap((kind): readonly Row<undefined>[] => [
    row(`${kind.name}.from`, "entries", notIterables, (_, value) => kind.from(value)),
    row(`${kind.name}.from`, "entry", notEntries, (_, value) => kind.from([value])),
    row(`${kind.name}.from`, "key", notBytes, (_, key) => kind.from([[key, KEY]])),
    row(`${kind.name}.from`, "value", notBytes.slice(1), (_, value) => kind.from([[KEY, value]])),
    row(`${kind.name}.from`, "options", notObjects, (_, value) => kind.from([], value)),
    row(`${kind.name}.from`, "timestampNs", notTimes, (_, timestampNs) => kind.from([], { timestampNs })),
    row(`${kind.name}.fromBytes`, "snapshot", notBytes, (_, value) => kind.fromBytes(value)),
    row(`${kind.name}.get`, "key", notBytes, (_, value) => kind.from([[KEY, KEY]]).get(value)),
  ]),
  row("StateDelta.has", "key", notBytes, (_, value) => StateDelta.from([]).has(value)),
];

export async function store(): Promise<Place<StateStore>> {
  const made = createStateStore();
  made.put(KEY, KEY);
  return { subject: made, look: () => [made.size, [...made.entries()]] };
}

export const storeCalls: readonly Row<StateStore>[] = [
  row("get", "key", notBytes, (made, value) => made.get(value)),
  row("has", "key", notBytes, (made, value) => made.has(value)),
  row("put", "key", notBytes, (made, value) => made.put(value, KEY)),
  row("put", "value", notBytes, (made, value) => made.put(KEY, value)),
  row("delete", "key", notBytes, (made, value) => made.delete(value)),
  row("applyRanges", "anges", notBytes, (made, value) => made.applyRanges(value, new Int32Array(4), 1)),
  row("applyRanges", "Ranges", [undefined, null, [0, 1, 1, 1], new Uint32Array(4)], (made, value) => made.applyRanges(KEY, value, 1)),
  row("applyRanges", "changes", [undefined, ...notNumbers, 2], (made, value) => made.applyRanges(KEY, Int32Array.of(0, 1, 0, 1), value)),
  row("applyRanges", "ange", [[0, 5, 0, 1], [1, 0, 0, 1], [-1, 0, 0, 1], [0, 1, 0, 9]], (made, value) => made.applyRanges(KEY, Int32Array.from(value as number[]), 1)),
  row("restore", "entries", notIterables, (made, value) => made.restore(value)),
  row("restore", "entry", notEntries, (made, value) => made.restore([value])),
  row("restore", "key", notBytes, (made, key) => made.restore([{ key, value: KEY }])),
  row("restore", "value", notBytes.slice(1), (made, value) => made.restore([{ key: KEY, value }])),
  row("restoreFrom", "parts", [...notIterables, [], [undefined], [5], [new Uint8Array(3)]], (made, value) => made.restoreFrom(value)),
  row("restoreFrom", "chunk", notBytes, (made, value) => made.restoreFrom([[value]])),
  row("snapshot", "capture", [{}], (made) => {
    made.snapshot();
    made.snapshot();
  }),
];

export async function capture(): Promise<Place<StateCapture>> {
  const { subject } = await store();
  const taken = subject.snapshot();
  return { subject: taken, look: () => [taken.size, [...taken.entries()]] };
}

export const captureCalls: readonly Row<StateCapture>[] = [
  row("bytes", "kind", [undefined, ...notKinds], (taken, kind) => taken.bytes(kind)),
  row("bytes", "allocate", notFunctions, (taken, allocate) => taken.bytes("full", allocate)),
];
