import { describe, expect, it } from "vitest";
import { batchesOf } from "../src/golden/batches.ts";
import { overwritten } from "../src/golden/damage.ts";
import { type Golden, loadGolden } from "../src/golden/load-golden.ts";
import { segmentsIn } from "../src/golden/places.ts";
import { olderCommit } from "../src/golden/residue.ts";

const golden = await loadGolden();

function named(name: string): Golden {
  const found = golden.find((one) => one.name === `v1/${name}`);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}

const newestIn = ({ files }: Golden): string => segmentsIn(files).at(-1) ?? "";
const bytesIn = ({ files }: Golden, path: string): Uint8Array => files.get(path) ?? new Uint8Array();
const positionIn = (one: Golden, path: string, bytes: Uint8Array): number | undefined => olderCommit(one, new Map(one.files).set(path, bytes))?.position;

/** The batches of the newest segment that hold records. */
const batchesIn = (one: Golden): ReturnType<typeof batchesOf> => batchesOf(bytesIn(one, newestIn(one))).filter(({ offset, end }) => end - offset > 49);

describe("an older commit may come back", () => {
  it("from a closed log whose file was cut: the one before the first batch that isn't whole", () => {
    const one = named("log-closed");
    const bytes = bytesIn(one, newestIn(one));
    for (const [index, { offset, end }] of batchesIn(one).entries()) {
      for (const length of [offset, offset + 1, end - 1]) expect(positionIn(one, newestIn(one), bytes.slice(0, length))).toBe(one.commits[index - 1]?.position ?? 0);
    }
  });

  it("from a log that was killed, when a share of a sector of its last batch is zeros", () => {
    const one = named("log-fenced");
    const { end } = batchesIn(one).at(-1) ?? { end: 0 };
    const { offset } = batchesIn(one)[0] ?? { offset: 0 };
    const zeroed = bytesIn(one, newestIn(one)).slice();
    zeroed.fill(0, offset, end);
    expect(positionIn(one, newestIn(one), zeroed)).toBe(6);
  });
});

describe("no older commit may come back", () => {
  it("from files that are as they were, or that only something was added to", () => {
    for (const one of golden) {
      const bytes = bytesIn(one, newestIn(one));
      expect(olderCommit(one, one.files)).toBeUndefined();
      expect(positionIn(one, newestIn(one), Uint8Array.of(...bytes, 1, 2, 3))).toBeUndefined();
    }
  });

  it("after one flipped bit, wherever it is", () => {
    for (const one of golden) {
      const bytes = bytesIn(one, newestIn(one));
      for (let at = 0; at < bytes.length; at++) expect(positionIn(one, newestIn(one), overwritten(bytes, at, Uint8Array.of((bytes[at] ?? 0) ^ 0x20))), `${one.name} ${at}`).toBeUndefined();
    }
  });

  it("when a later batch says that what is damaged was durable", () => {
    const one = named("log-closed");
    const [first] = batchesIn(one);
    const zeroed = bytesIn(one, newestIn(one)).slice();
    zeroed.fill(0, first?.offset, first?.end);
    expect(positionIn(one, newestIn(one), zeroed)).toBeUndefined();
  });

  it("when a checkpoint was made at what is damaged, unless its metadata are damaged, too", () => {
    const one = named("kept-chains");
    const cut = new Map(one.files).set(newestIn(one), bytesIn(one, newestIn(one)).slice(0, 200));
    expect(olderCommit(one, cut)).toBeUndefined();
    for (const path of one.files.keys()) if (path.endsWith("metadata.json")) cut.set(path, new Uint8Array());
    expect(olderCommit(one, cut)).toBeDefined();
  });

  it("from an older segment, a segment's header, or a file that isn't of the log", () => {
    const one = named("log-fenced");
    const [oldest = ""] = segmentsIn(one.files);
    expect(positionIn(one, oldest, bytesIn(one, oldest).slice(0, 300))).toBeUndefined();
    expect(positionIn(one, newestIn(one), bytesIn(one, newestIn(one)).slice(0, 100))).toBeUndefined();
    expect(olderCommit(one, new Map([...one.files].filter(([path]) => path !== newestIn(one))))).toBeUndefined();
  });
});
