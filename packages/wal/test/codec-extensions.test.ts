import { addExtension } from "msgpackr/pack";
import { describe, expect, it } from "vitest";
import { msgpackCodec } from "../src/index.ts";

/*
 * msgpackr's extensions are registered for a whole process. In a file of its own, because they can't be taken back.
 */
describe("msgpackCodec beside somebody who teaches msgpackr other ways", () => {
  const codec = msgpackCodec<unknown>();
  const value = { at: new Date(5), set: new Map([[1, 2]]), text: "x" };
  const encoded = Uint8Array.from(codec.encode(value));

  it("writes and reads dates as before", () => {
    const foreign = { Class: Date, type: 0x11, pack: () => Buffer.from([1]), unpack: () => "foreign" };
    addExtension(foreign);
    addExtension({ type: 0xff, unpack: () => "foreign" });
    expect(Uint8Array.from(codec.encode(value))).toEqual(encoded);
    expect(codec.decode(encoded)).toStrictEqual(value);
  });

  it("refuses to write bytes that have become an extension, since nobody could read them", () => {
    addExtension({ Class: Uint8Array, type: 0x12, pack: (bytes: Uint8Array) => Buffer.from(bytes), unpack: () => "foreign" });
    expect(() => codec.encode({ bytes: Uint8Array.of(1) })).toThrow(/extension type/);
    expect(codec.decode(codec.encode(value))).toStrictEqual(value);
  });
});
