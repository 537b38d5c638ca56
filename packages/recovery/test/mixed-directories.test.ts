import { beforeAll, describe, expect, it } from "vitest";
import { type Files, idsIn, pathOf, segmentsIn, throughOpenDurableState, throughRecover, type Written, written } from "./data-directories.ts";

let own: Written;
let other: Written;
beforeAll(async () => {
  own = await written("own");
  other = await written("other");
});

const partOf = (files: Files, part: "log" | "checkpoints"): [string, Uint8Array][] => [...files].filter(([path]) => path.startsWith(`${part}/`));
const mixed = (checkpoints: Files, log: Files): Files => new Map([...partOf(checkpoints, "checkpoints"), ...partOf(log, "log")]);
const DOORS = [throughRecover, throughOpenDurableState] as const;

/** What each door says: the same, or this fails. */
async function verdictOn(files: Files): Promise<string> {
  const [first = "", second] = [await throughRecover(files), await throughOpenDurableState(files)];
  expect(second, "openDurableState, after recover").toBe(first);
  return first;
}

describe("two data directories that were mixed up are refused:", () => {
  it("the checkpoints of one with the log of the other", async () => {
    expect(await verdictOn(mixed(own.files, other.files))).toBe("RECOVERY_LOG_MISMATCH");
    expect(await verdictOn(mixed(other.files, own.files))).toBe("RECOVERY_LOG_MISMATCH");
    const files = new Map(mixed(own.files, other.files));
    for (const id of idsIn(own.files)) files.set(pathOf(id, "state.bin"), new Uint8Array(3));
    expect(await verdictOn(files), "with every state damaged").toBe("RECOVERY_LOG_MISMATCH");
  });

  it("the checkpoints of one without a log, and the log of one without its checkpoints", async () => {
    expect(await verdictOn(new Map(partOf(own.files, "checkpoints")))).toBe("RECOVERY_LOG_MISSING");
    expect(await verdictOn(new Map(partOf(own.files, "log")))).toBe("RECOVERY_LOG_STARTS_LATER");
  });

  it("any segment of one log in the place of the other's, or beside them", async () => {
    const codes = new Map<string, number>();
    const [segments, others] = [segmentsIn(own.files), segmentsIn(other.files)];
    expect(segments.length).toBeGreaterThan(4);
    const highest = Number.parseInt((segments.at(-1) ?? "").slice(4, 20), 16);
    for (const [i, from] of others.entries()) {
      const places = [segments[i] ?? from, `log/${(highest + 1 + i).toString(16).padStart(16, "0")}.wal`];
      for (const place of places) {
        const files = new Map(own.files).set(place, other.files.get(from) ?? new Uint8Array());
        for (const through of DOORS) {
          const found = await through(files);
          expect(found, `${through.name} with ${from} as ${place}`).toMatch(/^WAL_/);
          codes.set(found, (codes.get(found) ?? 0) + 1);
        }
      }
    }
    console.log(`foreign segments: ${[...codes].map(([code, count]) => `${count} ${code}`).join(", ")}`);
  });
});

describe("one data directory of two ages", () => {
  it("is the same state or refused, never an older one, for checkpoints of an age with the log of another", async () => {
    const counts = new Map<string, number>();
    const ages = [...own.history, own.files];
    for (const [i, checkpoints] of ages.entries()) {
      for (const [j, log] of ages.entries()) {
        const found = await verdictOn(mixed(checkpoints, log));
        const kind = found.startsWith("RECOVERY") ? found : "a state";
        counts.set(kind, (counts.get(kind) ?? 0) + 1);
        const expected = await throughRecover(log);
        if (i === j || kind === "a state") expect(found, `checkpoints of age ${i}, log of age ${j}`).toBe(expected);
        else expect(found).toBe(i > j ? "RECOVERY_POSITION_BEYOND_LOG" : "RECOVERY_LOG_STARTS_LATER");
      }
    }
    console.log(`${ages.length ** 2} pairs of ages: ${[...counts].map(([kind, count]) => `${count} ${kind}`).join(", ")}`);
    expect(counts.size).toBe(3);
  });

  it("is refused when a segment is missing, or one of an earlier age was put back in its place", async () => {
    const counts = new Map<string, number>();
    const note = (found: string): void => void counts.set(found === own.cut ? "the same state" : found, (counts.get(found === own.cut ? "the same state" : found) ?? 0) + 1);
    for (const place of segmentsIn(own.files)) {
      const without = new Map(own.files);
      without.delete(place);
      const versions = own.history.flatMap((files) => files.get(place) ?? []).filter((bytes) => bytes.length < (own.files.get(place)?.length ?? 0));
      for (const files of [without, ...versions.map((bytes) => new Map(own.files).set(place, bytes))]) {
        const found = await throughRecover(files);
        if (found !== own.cut) expect(found, place).toMatch(/^(WAL_CORRUPT|WAL_LOST_SEGMENT|WAL_SUSPECTED_DAMAGE|RECOVERY_LOG_STARTS_LATER|RECOVERY_POSITION_BEYOND_LOG)$/);
        note(found);
      }
    }
    console.log([...counts].map(([kind, count]) => `${count} ${kind}`).join(", "));
  });

  it("keeps a removed checkpoint that was put back unused, and its log is not asked for more", async () => {
    const removed = idsIn(own.ever).filter((id) => !idsIn(own.files).includes(id));
    expect(removed.length).toBeGreaterThan(2);
    const files = new Map(own.files);
    for (const id of removed) for (const file of ["metadata.json", "state.bin"] as const) files.set(pathOf(id, file), own.ever.get(pathOf(id, file)) ?? new Uint8Array());
    expect(await verdictOn(files)).toBe(own.cut);
    for (const id of idsIn(own.files)) files.delete(pathOf(id, "state.bin"));
    expect(await verdictOn(files)).toBe("RECOVERY_LOG_STARTS_LATER");
  });
});
