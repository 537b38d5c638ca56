import { beforeAll, describe, expect, it } from "vitest";
import { chainsIn, type Files, idsIn, pathOf, throughOpenDurableState, throughRecover, type Written, written } from "./data-directories.ts";

let own: Written;
let other: Written;
beforeAll(async () => {
  own = await written("own");
  other = await written("other");
});

type File = "metadata.json" | "state.bin";

/** Damages one checkpoint in `files`; `next` is another checkpoint that is damaged too, or its neighbour. */
type Harm = (files: Map<string, Uint8Array>, id: number, next: number) => void;

const changed = (file: File, change: (bytes: Uint8Array) => Uint8Array): Harm => (files, id) => void files.set(pathOf(id, file), change(own.files.get(pathOf(id, file)) ?? new Uint8Array()));
const missing = (...names: readonly File[]): Harm => (files, id) => names.forEach((name) => files.delete(pathOf(id, name)));
const taken = (from: () => Files, ...names: readonly File[]): Harm => (files, id, next) => {
  for (const name of names) files.set(pathOf(id, name), from().get(pathOf(next, name)) ?? new Uint8Array());
};
const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at === bytes.length >> 1 ? byte ^ 4 : byte));
const half = (bytes: Uint8Array): Uint8Array => bytes.slice(0, bytes.length >> 1);

const HARMS: Readonly<Record<string, Harm>> = {
  "a bit of metadata.json is flipped": changed("metadata.json", flipped),
  "metadata.json is cut short": changed("metadata.json", half),
  "metadata.json is empty": changed("metadata.json", () => new Uint8Array()),
  "metadata.json is missing": missing("metadata.json"),
  "metadata.json is another checkpoint's": taken(() => own.files, "metadata.json"),
  "a bit of state.bin is flipped": changed("state.bin", flipped),
  "state.bin is cut short": changed("state.bin", half),
  "state.bin is longer": changed("state.bin", (bytes) => Uint8Array.of(...bytes, 0)),
  "state.bin is missing": missing("state.bin"),
  "state.bin is another checkpoint's": taken(() => own.files, "state.bin"),
  "state.bin is of another data directory": (files, id) => taken(() => other.files, "state.bin")(files, id, id),
  "the directory is missing": missing("metadata.json", "state.bin"),
  "the directory is another checkpoint's": taken(() => own.files, "metadata.json", "state.bin"),
  "the directory is an older copy, of a checkpoint that was removed": (files, id) => taken(() => own.ever, "metadata.json", "state.bin")(files, id, 1 + (id % 3)),
};

function damaged(harm: Harm, ids: readonly number[]): Map<string, Uint8Array> {
  const files = new Map(own.files);
  const all = idsIn(own.files);
  for (const [i, id] of ids.entries()) {
    const next = ids.length > 1 ? ids[(i + 1) % ids.length] : all[(all.indexOf(id) + 1) % all.length];
    harm(files, id, next ?? id);
  }
  return files;
}

function* subsetsOf(ids: readonly number[]): Generator<readonly number[]> {
  for (let bits = 1; bits < 2 ** ids.length; bits++) yield ids.filter((_, i) => bits & (1 << i));
}

describe("the sample that is damaged", () => {
  it("has three chains of a full checkpoint and a delta, a log that was truncated, and more commits", async () => {
    expect(chainsIn(own.files).map((chain) => chain.length)).toEqual([2, 2, 2]);
    expect(await throughRecover(own.files)).toBe(own.cut);
    expect(await throughOpenDurableState(own.files)).toBe(own.cut);
    const alone = new Map([...own.files].filter(([path]) => path.startsWith("log/")));
    expect(await throughRecover(alone)).toBe("RECOVERY_LOG_STARTS_LATER");
    expect(await throughRecover(other.files)).not.toBe(own.cut);
  });
});

describe("damage to any set of checkpoints, of which", () => {
  it.each(Object.entries(HARMS))("%s, changes nothing while one kept chain is left, and is never another state", async (_, harm) => {
    const counts = { same: 0, keptChain: 0, refused: new Map<string, number>() };
    const chains = chainsIn(own.files);
    for (const ids of subsetsOf(idsIn(own.files))) {
      const hasChain = chains.some((chain) => chain.every((id) => !ids.includes(id)));
      counts.keptChain += Number(hasChain);
      for (const through of [throughRecover, throughOpenDurableState]) {
        const found = await through(damaged(harm, ids));
        const name = `${through.name} with ${ids.join()} damaged`;
        if (hasChain) expect(found, name).toBe(own.cut);
        if (found === own.cut) counts.same++;
        else {
          expect(found, name).toMatch(/^RECOVERY_(LOG_STARTS_LATER|POSITION_BEYOND_LOG)$/);
          counts.refused.set(found, (counts.refused.get(found) ?? 0) + 1);
        }
      }
    }
    const refusals = [...counts.refused].map(([code, count]) => `${count} ${code}`).join(", ");
    console.log(`63 sets, ${counts.keptChain} leave a kept chain; of 126 readings ${counts.same} gave the same state, refused ${refusals || "none"}`);
    expect(counts.keptChain).toBe(36);
  });
});

describe("a checkpoint of another data directory among one's own", () => {
  it.each(["metadata.json", "both files"])("(its %s) is refused when it is the newest that verifies, and changes nothing otherwise", async (what) => {
    const counts = { same: 0, refused: 0 };
    const names: readonly File[] = what === "both files" ? ["metadata.json", "state.bin"] : ["metadata.json"];
    const all = idsIn(own.files);
    expect(idsIn(other.files)).toEqual(all);
    for (const ids of subsetsOf(all)) {
      const files = damaged((changing, id) => taken(() => other.files, ...names)(changing, id, id), ids);
      for (const through of [throughRecover, throughOpenDurableState]) {
        const found = await through(files);
        const name = `${through.name} with ${ids.join()} of another directory`;
        if (ids.includes(all.at(-1) ?? 0)) expect(found, name).toBe("RECOVERY_LOG_MISMATCH");
        else if (found !== own.cut) expect(found, name).toBe("RECOVERY_LOG_MISMATCH");
        if (found === own.cut) counts.same++;
        else counts.refused++;
      }
    }
    console.log(`126 readings: ${counts.same} gave the same state, ${counts.refused} were refused`);
    expect(counts.same).toBeGreaterThan(20);
  });
});
