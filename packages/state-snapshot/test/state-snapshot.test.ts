import { expect, test } from "vitest";
import { StateDelta, StateSnapshot } from "../src/index.ts";
import { bytes, encoded, joined, shown } from "./samples.ts";

const pairs = [
  [bytes("a"), bytes("1")],
  [bytes("b"), bytes("2")],
] as const;

test("a snapshot knows its entries, size, bytes, time and version", () => {
  const snapshot = StateSnapshot.from(pairs, { timestampNs: 5n });
  expect(shown(snapshot)).toEqual(shown(pairs));
  expect(snapshot.get(bytes("b"))).toEqual(bytes("2"));
  expect(snapshot.get(bytes("c"))).toBeUndefined();
  expect([snapshot.size, snapshot.timestampNs, snapshot.version]).toEqual([2, 5n, 1]);
  expect(snapshot.sizeBytes).toBe(snapshot.toBytes().length);
});

test("its bytes are those of encodeSnapshot and read back to the same bytes", () => {
  const written = StateSnapshot.from(pairs, { timestampNs: 5n }).toBytes();
  expect(written).toEqual(encoded(pairs, { timestampNs: 5n }));
  expect(StateSnapshot.fromBytes(written).toBytes()).toEqual(written);
});

test("bytes at any address are read without a copy", () => {
  const written = StateSnapshot.from(pairs).toBytes();
  for (let shift = 0; shift < 9; shift += 1) {
    const room = joined([new Uint8Array(shift), written, new Uint8Array(3)]);
    const snapshot = StateSnapshot.fromBytes(room.subarray(shift, shift + written.length));
    expect(shown(snapshot)).toEqual(shown(pairs));
    expect(snapshot.get(bytes("a"))?.buffer).toBe(room.buffer);
  }
});

test("of a key that comes twice, the last value counts when making one, and reading refuses it", () => {
  const twice = [...pairs, [bytes("a"), bytes("3")]] as const;
  expect(shown(StateSnapshot.from(twice))).toEqual(shown([[bytes("a"), bytes("3")], pairs[1]]));
  const offset = 28 + 20 + 2 * 10 + 8;
  expect(() => StateSnapshot.fromBytes(encoded(twice))).toThrow(expect.objectContaining({ code: "SNAPSHOT_CORRUPT", offset }));
});

test("a snapshot doesn't change with the arrays that it was made from", () => {
  const value = bytes("1");
  const snapshot = StateSnapshot.from([[bytes("a"), value]]);
  value.fill(0);
  expect(snapshot.get(bytes("a"))).toEqual(bytes("1"));
});

test("a delta tells a deleted key from one that didn't change", () => {
  const delta = StateDelta.from([pairs[0], [bytes("b"), undefined]], { timestampNs: 6n });
  for (const each of [delta, StateDelta.fromBytes(delta.toBytes())]) {
    expect([each.size, each.deletes, each.timestampNs, each.version]).toEqual([2, 1, 6n, 1]);
    expect([each.has(bytes("b")), each.get(bytes("b"))]).toEqual([true, undefined]);
    expect(each.has(bytes("c"))).toBe(false);
    expect(shown(each)).toEqual(shown([pairs[0], [bytes("b"), undefined]]));
    expect(each.sizeBytes).toBe(each.toBytes().length);
  }
});

test("neither kind is taken for the other, an empty one neither", () => {
  const wrongKind = expect.objectContaining({ code: "SNAPSHOT_WRONG_KIND" });
  for (const some of [[], pairs]) {
    expect(() => StateSnapshot.fromBytes(StateDelta.from(some).toBytes())).toThrow(wrongKind);
    expect(() => StateDelta.fromBytes(StateSnapshot.from(some).toBytes())).toThrow(wrongKind);
  }
});

test("what isn't bytes is refused", () => {
  expect(() => StateSnapshot.fromBytes("text" as unknown as Uint8Array)).toThrow(TypeError);
  expect(() => StateSnapshot.from([[bytes("a"), "1" as unknown as Uint8Array]])).toThrow(TypeError);
});
