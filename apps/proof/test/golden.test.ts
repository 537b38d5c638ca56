import { describe, expect, it } from "vitest";
import { batchesOf } from "../src/golden/batches.ts";
import { textOf } from "../src/golden/expected.ts";
import { loadGolden, newestOf } from "../src/golden/load-golden.ts";
import { DIRECTORY, segmentsIn } from "../src/golden/places.ts";
import { allGoldenFiles, VERSION } from "../src/golden/write-golden.ts";

const golden = await loadGolden();
const own = golden.filter(({ name }) => name.startsWith(`${VERSION}/`));

describe("the golden directories of this release's format", () => {
  it("are what this release writes, byte for byte: a change of the format shows here", async () => {
    const written = await allGoldenFiles();
    expect([...written.keys()].map((name) => `${VERSION}/${name}`).sort()).toEqual(own.map(({ name }) => name));
    for (const { name, files, ...expected } of own) {
      const now = written.get(name.slice(VERSION.length + 1)) ?? new Map<string, Uint8Array>();
      const data = new Map([...now].filter(([path]) => path.startsWith("data/")).map(([path, bytes]) => [`${DIRECTORY}${path.slice("data".length)}`, bytes]));
      expect([...data.keys()].sort(), name).toEqual([...files.keys()]);
      for (const [path, bytes] of files) expect(Buffer.from(data.get(path) ?? []).equals(bytes), `${name}: ${path}`).toBe(true);
      expect(JSON.parse(new TextDecoder().decode(now.get("expected.json"))), name).toEqual(expected);
    }
  });

  it("have every shape: segments, a fence's gap, torn ends, chains, leftovers, locks", () => {
    const paths = own.flatMap(({ files }) => [...files.keys()]);
    for (const shape of ["/tmp_", "/trash_", ".wal.tmp", ".head", "/LOCK/", "/state.bin"]) expect(paths.some((path) => path.includes(shape)), shape).toBe(true);
    expect(Math.max(...own.map(({ files }) => segmentsIn(files).length))).toBeGreaterThan(2);
    const torn = own.filter(({ files }) => {
      const newest = files.get(segmentsIn(files).at(-1) ?? "") ?? new Uint8Array();
      const end = batchesOf(newest).filter(({ isWhole }) => isWhole).at(-1)?.end ?? newest.length;
      // Zeros are space for later batches.
      return newest.subarray(end).some((byte) => byte !== 0);
    });
    expect(torn.map(({ name }) => name)).toEqual([`${VERSION}/log-cut`, `${VERSION}/log-with-a-hole`]);
    for (const one of own) expect(new Set(one.commits.map(textOf)).size, one.name).toBe(one.commits.length);
    expect(own.every((one) => newestOf(one).position > 0)).toBe(true);
  });
});
