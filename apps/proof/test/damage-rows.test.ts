import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { recover, type RecoveryConfig } from "@laminar/recovery";
import { type Door, recovering } from "../src/golden/doors.ts";
import { decoderOf, recoveredCommit } from "../src/golden/expected.ts";
import { loadGolden } from "../src/golden/load-golden.ts";
import type { Outcome, Work } from "../src/row.ts";
import { lookAtCuts, lookAtOtherFiles } from "../src/rows/03-cut-files.ts";
import { lookAtFlips } from "../src/rows/04-flipped-bits.ts";
import { lookAtSectors } from "../src/rows/05-sectors.ts";
import { loseChains } from "../src/rows/13-lost-chains.ts";
import { useGolden } from "../src/rows/16-golden-directories.ts";

const scratch = await mkdtemp(join(tmpdir(), "laminar-proof-"));
afterAll(() => rm(scratch, { recursive: true, force: true }));

const work: Work = { size: "check", goal: Infinity, seed: 3, scratch };

/** A door with a defect: it recovers in another way than it should. */
const recoveringWith = (name: string, config: Partial<RecoveryConfig>): Door => ({
  name,
  writes: false,
  async enter({ disk, directory }, written) {
    return recoveredCommit(await recover({ checkpointDir: `${directory}/checkpoints`, walDir: `${directory}/log`, disk, ...config }), decoderOf({ written }));
  },
});

/** Does `before` and recovers. */
const recoveringAfter = (before: (place: Parameters<Door["enter"]>[0]) => Promise<unknown>): Door => ({
  name: "recover",
  writes: false,
  async enter(place, written) {
    await before(place);
    return recovering.enter(place, written);
  },
});

const paperingOver = recoveringWith("a recovery that papers damage over", { onDamage: "stop" });
const golden = (await loadGolden()).filter(({ name }) => name === "v1/log-fenced");
const looks: Readonly<Record<string, (doors: readonly [Door, Door]) => Promise<Outcome>>> = {
  "cut files": (doors) => lookAtCuts(golden, work, doors),
  "other files": (doors) => lookAtOtherFiles(golden, work, doors),
  "flipped bits": (doors) => lookAtFlips(golden, (path) => path.endsWith(".wal"), work, doors),
  sectors: (doors) => lookAtSectors(golden, { ...work, size: "proof" }, doors),
};

describe.each(Object.entries(looks))("the row of %s", (_, look) => {
  it("sees a recovery that gives an older commit where damage shows", async () => {
    const { violations } = await look([paperingOver, paperingOver]);
    expect(violations.length).toBeGreaterThan(0);
    expect(violations[0]).toMatch(/seed 3, v1\/.* a recovery that papers damage over gave \{.*\} instead of \{/);
  });

  it("sees a failure that says nothing of what is wrong", async () => {
    const speechless = recoveringAfter(async () => Promise.reject(new TypeError("bytes is undefined")));
    const { violations, reached } = await look([speechless, speechless]);
    expect(reached).toBeGreaterThan(0);
    expect(violations[0]).toContain("failed without a refusal that says what is wrong");
  });

  it("sees that anything was changed, and a handle that is left open", async () => {
    const changing = recoveringAfter(async ({ disk, directory }) => (await disk.create(`${directory}/note`)).close());
    expect((await look([changing, changing])).violations[0]).toContain("recover changed what is there, create /data/note");
    const leaking = recoveringAfter(async ({ disk, directory }) => disk.create(`${directory}/note`));
    expect((await look([leaking, leaking])).violations[0]).toContain("1 handles are left open");
  });
});

describe("the row of lost chains", () => {
  it("sees a recovery that doesn't fall back on an older chain", async () => {
    const { violations } = await loseChains(work, [recoveringWith("the log alone", { checkpointDir: undefined })]);
    expect(violations[0]).toMatch(/the log alone refused RECOVERY_LOG_STARTS_LATER/);
  });
});

describe("the row of golden directories", () => {
  it("sees a release that reads less than was written", async () => {
    const partial = recoveringWith("a part", { maxWalEntries: 1 });
    const { violations, reached } = await useGolden(work, [partial, partial]);
    expect(violations.length).toBeGreaterThanOrEqual(reached);
    expect(violations[0]).toMatch(/v1\/.* on the simulated disk: Error: recovered gives \{.*\} instead of \{/);
  });
});
