import { createSimulatedDisk, type SimulatedDisk } from "@laminar/disk/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { changesDisk, type Moment, Program, Promises, recoverFrom } from "./crash-program.ts";
import { seeded } from "./seeded.ts";

const STATES_MIN = 20_000;
const SEEDS = 14;
const STEPS = 14;
const IMAGES_PER_OPERATION = 14;
const NESTED_MAX = 2;

class Counts {
  readonly seen = new Set<string>();
  readonly byDoing = new Map<string, number>();
  readonly byDepth: number[] = [];
}

/** Runs a program from its start to its close and looks at every state that a crash at any moment may leave. */
async function live(disk: SimulatedDisk, promises: Promises, seed: number, depth: number, trail: string, counts: Counts): Promise<void> {
  const random = seeded(seed);
  const moments: Moment[] = [];
  const running: { program?: Program } = {};
  const stop = disk.beforeEach((operation) => {
    if (!changesDisk(operation.kind)) return;
    const cuts = disk.powerCuts({ limit: IMAGES_PER_OPERATION, seed: operation.index });
    for (const image of [disk.killed(), ...cuts]) {
      if (counts.seen.has(image.hash)) continue;
      counts.seen.add(image.hash);
      const doing = running.program?.doing ?? "open";
      counts.byDoing.set(doing, (counts.byDoing.get(doing) ?? 0) + 1);
      counts.byDepth[depth] = (counts.byDepth[depth] ?? 0) + 1;
      moments.push({ image, promises: promises.copy(), trail: `${trail} crash in ${doing} before operation ${operation.index};` });
    }
  });
  const program = await Program.start(disk, random, promises);
  running.program = program;
  for (let i = 0; i < (depth === 0 ? STEPS : 3); i++) await program.step();
  program.doing = "close";
  await program.close();
  stop();
  expect(disk.openFiles, "handles that are still open").toBe(0);
  for (const moment of moments) await check(moment, seed, depth, counts);
}

async function check({ image, promises, trail }: Moment, seed: number, depth: number, counts: Counts): Promise<void> {
  const disk = image.mount();
  const broken = await recoverFrom(disk).then(
    (recovered) => promises.judge(recovered),
    (error: unknown) => `refused: ${String(error)}`,
  );
  if (broken) throw new Error(`${trail} ${broken}`);
  const writes = disk.operations.filter(({ kind }) => changesDisk(kind));
  if (writes.length > 0) throw new Error(`${trail} recovery changed the disk: ${writes[0]?.kind} ${writes[0]?.path}`);
  if (depth < NESTED_MAX && Number.parseInt(image.hash.slice(-4), 16) % 400 === 0) {
    await live(image.mount(), promises.copy(), seed + depth + 1, depth + 1, trail, counts);
  }
}

/** Log ids and salts from the seed too, so that a run can be repeated to the byte. */
function seedIdentities(seed: number): void {
  const random = seeded(seed);
  vi.spyOn(globalThis.crypto, "getRandomValues").mockImplementation((array) => {
    const bytes = array as unknown as Uint32Array;
    for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(random() * 2 ** 32);
    return array;
  });
}

beforeEach(() => seedIdentities(1));
afterEach(() => void vi.restoreAllMocks());

describe("log, checkpoints and recovery on a disk that loses power", () => {
  it("give back exactly a committed state, never older than the last acknowledged one, whatever a crash leaves", async () => {
    const counts = new Counts();
    for (let seed = 1; seed <= SEEDS || counts.seen.size < STATES_MIN; seed++) {
      await live(createSimulatedDisk(), new Promises(), seed, 0, `seed ${seed}:`, counts);
    }
    const states = [...counts.byDoing].map(([name, count]) => `${name} ${count}`).join(", ");
    console.log(`${counts.seen.size} distinct states (${states}; nested ${counts.byDepth.join("/")}), 0 violations, 0 refusals`);
    expect(counts.seen.size).toBeGreaterThanOrEqual(STATES_MIN);
    expect(Math.min(...counts.byDoing.values())).toBeGreaterThan(300);
    expect(counts.byDepth.length).toBe(NESTED_MAX + 1);
  }, 300_000);

  it.each(["sync", "syncDirectory"] as const)("are found out by this test when every %s is left out", async (kind) => {
    const run = async (): Promise<void> => {
      for (let seed = 1; seed <= 10; seed++) {
        const disk = createSimulatedDisk();
        disk.plan((operation) => (operation.kind === kind ? { kind: "lie" } : undefined));
        await live(disk, new Promises(), seed, NESTED_MAX, `seed ${seed}:`, new Counts());
      }
    };
    await expect(run()).rejects.toThrow(/acknowledged|refused/);
  }, 120_000);

  it("lose nothing acknowledged when any one operation fails, say so with a typed error, and leak no handle", async () => {
    let failed = 0;
    let silent = 0;
    for (let at = 0; ; at++) {
      const disk = createSimulatedDisk();
      const promises = new Promises();
      let reached = false;
      disk.plan((operation) => {
        if (operation.index !== at) return undefined;
        reached = true;
        return { kind: "error", errno: "EIO" };
      });
      let program: Program | undefined;
      try {
        program = await Program.start(disk, seeded(3), promises);
        for (let i = 0; i < STEPS; i++) await program.step();
        await program.close();
        silent++;
      } catch (error) {
        failed++;
        expect(error, `operation ${at}`).toMatchObject({ code: expect.stringMatching(/^(WAL|CHECKPOINT|RECOVERY|SNAPSHOT)_/) });
        await program?.abandon();
      }
      if (!reached) break;
      expect(disk.openFiles, `handles after a failure of operation ${at}`).toBe(0);
      disk.plan(undefined);
      for (const image of [disk.killed(), ...disk.powerCuts({ limit: 8 })]) {
        expect(promises.judge(await recoverFrom(image.mount())), `operation ${at}`).toBeUndefined();
      }
    }
    console.log(`${failed} single failures ended the program, ${silent - 1} had no effect on it, 0 acknowledged commits lost`);
    expect(failed).toBeGreaterThan(50);
  }, 120_000);
});
