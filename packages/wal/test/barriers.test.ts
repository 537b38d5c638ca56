import { createSimulatedDisk, type Operation } from "@laminar/disk/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { lost, segmentNames } from "./image-damage.ts";
import { seeded } from "./logs.ts";
import { Counts, explore } from "./model/crash-lives.ts";
import { type Files, type ModelVerdict, readModel } from "./model/model-reader.ts";
import { LockstepSubject } from "./model/real-subject.ts";
import { readBoth } from "./model/readers.ts";
import { RULES } from "./model/rules.ts";

afterEach(() => void vi.restoreAllMocks());

const STATES = process.env["WAL_PROOF"] === "1" ? 30_000 : 3000;

interface Barrier {
  readonly name: string;
  /** How it shows that it is needed. */
  readonly shownBy: "a crash" | "a crash and the loss of a segment" | "nothing";
  /** Whether an operation is it, told all in their order. */
  readonly isIt: (operation: Operation, before: readonly Operation[]) => boolean;
}

const isNamed = (path: string, before: readonly Operation[]): boolean => before.some((earlier) => earlier.kind === "rename" && earlier.path === path);
const isClosing = (before: readonly Operation[]): boolean => before.at(-1)?.kind === "write" && before.at(-1)?.length === 49;

const BARRIERS: readonly Barrier[] = [
  { name: "the sync of a segment before it gets its name", shownBy: "a crash", isIt: ({ kind, path }, before) => kind === "sync" && !isNamed(path, before) },
  { name: "the sync of a batch", shownBy: "a crash", isIt: ({ kind, path }, before) => kind === "sync" && isNamed(path, before) && !isClosing(before) },
  { name: "the sync of the directory after a segment got its name", shownBy: "a crash", isIt: ({ kind }, before) => kind === "syncDirectory" && before.at(-1)?.kind === "rename" },
  { name: "the sync of the directory that a new log's directory is in", shownBy: "a crash", isIt: ({ kind, path }) => kind === "syncDirectory" && path === "/" },
  {
    name: "the sync of the directory after a head was made",
    shownBy: "a crash and the loss of a segment",
    isIt: ({ kind }, before) => kind === "syncDirectory" && before.at(-1)?.kind === "create",
  },
  // It saves the next open its copying, and shows damage of the last batch; nothing that was acknowledged hangs on it.
  { name: "the sync of close", shownBy: "nothing", isIt: ({ kind, path }, before) => kind === "sync" && isNamed(path, before) && isClosing(before) },
];

/** A segment with a batch of its own was published, and its loss has to show. */
function silentLoss(files: Files, whole: ModelVerdict): string | undefined {
  const newest = segmentNames(files).at(-1);
  if (newest === undefined || whole.kind !== "log" || !whole.newestProven) return undefined;
  return readModel(lost(files, newest), RULES).kind === "refused" ? undefined : "the loss of the newest segment is not seen";
}

async function hunt(barrier: Barrier | undefined): Promise<{ readonly states: number; readonly found: string }> {
  const counts = new Counts();
  for (let seed = 1; counts.states.size < STATES; seed++) {
    const liesOf = (): ((operation: Operation) => boolean) => {
      const before: Operation[] = [];
      return (operation) => {
        const lies = barrier?.isIt(operation, before) === true;
        before.push(operation);
        return lies;
      };
    };
    const world = {
      counts,
      random: seeded(seed),
      imagesPerOperation: 12,
      depthMost: 2,
      lives: { afterKill: 0.05, afterPowerCut: 0.01 },
      failures: 0,
      liesOf,
      enough: () => counts.states.size >= STATES,
      start: (disk: Parameters<typeof explore>[1], depth: number) => new LockstepSubject(disk, depth, RULES),
      read: (files: Files) => {
        const { model, difference } = readBoth(files, RULES);
        return { verdict: model, wrong: difference };
      },
      onState: silentLoss,
    };
    try {
      await explore(world, createSimulatedDisk(), `seed ${seed}:`);
    } catch (error) {
      return { states: counts.states.size, found: error instanceof Error ? error.message : String(error) };
    }
  }
  return { states: counts.states.size, found: "nothing" };
}

describe("each barrier of the log", () => {
  it("stands: with all of them nothing is lost", async () => {
    expect(await hunt(undefined)).toMatchObject({ found: "nothing" });
    const hygiene = BARRIERS.filter(({ shownBy }) => shownBy === "nothing").length;
    console.log(`${BARRIERS.length} barriers: ${BARRIERS.length - hygiene} needed, ${hygiene} hygiene`);
  }, 600_000);

  it.each(BARRIERS)("is needed: $name ($shownBy shows it)", async (barrier) => {
    const { states, found } = await hunt(barrier);
    console.log(`without ${barrier.name}: ${found === "nothing" ? `nothing is lost in ${states} states` : `found in the ${states}th state, ${found}`}`);
    if (barrier.shownBy === "nothing") expect(found).toBe("nothing");
    else expect(found).toMatch(barrier.shownBy === "a crash" ? /acknowledged|refused, / : /is not seen/);
  }, 600_000);
});
