import { msgpackCodec, type WalCodec } from "@laminar/wal";
import { describe, expect, it } from "vitest";
import type { Decoder } from "../src/hostile/decoder.ts";
import { fuzz } from "../src/hostile/fuzz.ts";
import { logs } from "../src/hostile/logs.ts";
import { tables } from "../src/hostile/snapshots.ts";
import { readValue, values } from "../src/hostile/values.ts";

const codec: WalCodec<unknown> = msgpackCodec();
const violationsOf = async (decoder: Decoder): Promise<readonly string[]> => (await fuzz([decoder], { size: "check", goal: 500, seed: 1, scratch: "" })).violations;
const valuesOf = (broken: Partial<WalCodec<unknown>>): Decoder => ({ ...values, read: ({ bytes }) => readValue({ ...codec, ...broken }, bytes) });

describe("the fuzz of the decoders sees", () => {
  it("an error that isn't typed", async () => {
    const decode = (bytes: Uint8Array): unknown => {
      if (bytes.length === 3) throw new Error("Cannot read properties of undefined");
      return codec.decode(bytes);
    };
    expect((await violationsOf(valuesOf({ decode })))[0]).toMatch(/^msgpackCodec, seed \d+, .*: Error: Cannot read properties/);
  });

  it("a value that doesn't go round", async () => {
    const decode = (bytes: Uint8Array): unknown => ({ decoded: codec.decode(bytes) });
    expect((await violationsOf(valuesOf({ decode })))[0]).toContain("what was read and written again is another value");
  });

  it("memory that is taken for what a length claims", async () => {
    const held: Uint8Array[] = [];
    const read: Decoder["read"] = (hostile) => {
      if (hostile.claims) held.push(new Uint8Array(65 * 2 ** 20));
      return tables.read(hostile);
    };
    expect((await violationsOf({ ...tables, read }))[0]).toMatch(/^StateSnapshot and StateDelta, seed \d+, .*: Error: \d+ bytes taken for an input of \d+/);
  });

  it("an error of a log that isn't a refusal", async () => {
    const read: Decoder["read"] = async (hostile) => {
      const outcome = await logs.read(hostile as Parameters<typeof logs.read>[0]);
      if (outcome === "WAL_LOST_SEGMENT") throw Object.assign(new Error("read failed"), { code: "WAL_IO" });
      return outcome;
    };
    expect((await violationsOf({ ...logs, read }))[0]).toMatch(/^log images, seed \d+, .*: Error: read failed/);
  });
});
