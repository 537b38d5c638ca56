import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { nodeDisk } from "@laminar/disk";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { recover } from "../src/index.ts";
import { stateOf } from "./crash-program.ts";
import { cutOf, textOfCut } from "./durable-oracle.ts";
import { DeviceReader, type FileSystemOptions, LoopMounts } from "./loop-mounts.ts";
import { type DiskContent, type Moment, simulatedMoments } from "./power-cut-moments.ts";
import { openKept, ownersOfLives, type Workload } from "./programs/power-cut-workloads.mjs";
import { repeatable } from "./programs/repeatable.mjs";
import { seeded } from "./seeded.ts";
import { runStepByStep, type Step } from "./stepped-process.ts";
import { changeOf } from "./traced-changes.ts";
import { changeUnrelated, UNRELATED, writeBackSome } from "./write-back.ts";

/** Plans of write-back for each workload and way of mounting. */
const PLANS = process.env["RECOVERY_PROOF"] ? 12 : 1;
const FILE_SEEDS = process.env["RECOVERY_PROOF"] ? [1, 2, 3, 4, 5, 6, 7, 8] : [1, 2];

const WAYS: readonly FileSystemOptions[] = [
  { blockSize: 1024, mountOptions: "noatime" },
  // Lengths may come to the device before the data.
  { blockSize: 1024, mountOptions: "noatime,data=writeback,nodelalloc,noauto_da_alloc" },
];

/** What was found on one device, whose bytes may stay the same from moment to moment. */
interface Found {
  readonly content: DiskContent;
  /** State, offsets and watermark that recovery gives, and the opening after it. */
  readonly cuts: readonly string[];
}

class Counts {
  moments = 0;
  readonly images = new Set<string>();
  readonly between = new Set<string>();
}

function contentOf(root: string): DiskContent {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true })
    .map((entry) => ({ entry, path: relative(root, join(entry.parentPath, entry.name)) }))
    .filter(({ path }) => path !== "lost+found" && path !== UNRELATED);
  const paths = (isWanted: (entry: (typeof entries)[number]["entry"]) => boolean): readonly string[] =>
    entries.filter(({ entry }) => isWanted(entry)).map(({ path }) => path);
  return {
    directories: new Set(paths((entry) => entry.isDirectory())),
    files: new Map(paths((entry) => entry.isFile()).map((path) => [path, readFileSync(join(root, path))])),
  };
}

async function recoveredCuts(root: string): Promise<readonly string[]> {
  const recovered = await recover({ checkpointDir: join(root, "data/checkpoints"), walDir: join(root, "data/log") });
  const owners = ownersOfLives();
  owners.nextLife();
  owners.nextLife();
  const state = await openKept(repeatable(nodeDisk, { owners }), root);
  const opened = cutOf(state);
  await state.close();
  return [textOfCut({ state: stateOf(recovered), offsets: recovered.sourceOffsets, watermark: recovered.watermark }), opened];
}

/** In short, for a failure: each file with its bytes as runs of equal ones. */
function shown({ directories, files }: DiskContent): string {
  const runs = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1").replaceAll(/(.)\1{3,}/gs, (run, one: string) => `${one}×${run.length} `);
  return [...directories, ...[...files].map(([path, bytes]) => `${path} ${bytes.length}: ${JSON.stringify(runs(bytes))}`)].sort().join("\n");
}

function changeBelow(root: string, step: Step): string {
  const { kind } = step;
  if (kind === "end") return "end";
  return changeOf({ ...step, kind, path: relative(root, step.path), ...(step.target === undefined ? {} : { target: relative(root, step.target) }) });
}

/** Runs a workload on a real file system, and holds what is on its device at each moment against what the simulated disk enumerates. */
async function live(mounts: LoopMounts, workload: Workload, seed: number, plan: number, way: FileSystemOptions, moments: readonly Moment[], counts: Counts): Promise<void> {
  const { image, root } = mounts.make(way);
  const random = seeded(plan);
  const device = new DeviceReader(image);
  const found = new Map<Buffer, Found>();
  changeUnrelated(root);
  await runStepByStep(root, workload, seed, async (step, number) => {
    const moment = moments[number];
    const trail = `${workload} with seed ${seed}, ${way.mountOptions}, plan ${plan}, before operation ${number}`;
    expect(changeBelow(root, step), trail).toBe(moment?.change);
    if (moment === undefined) return;
    writeBackSome(root, random);
    const bytes = device.read();
    const look = async (copy: string): Promise<Found> => ({ content: contentOf(copy), cuts: workload === "durableState" ? await recoveredCuts(copy) : [] });
    const { content, cuts } = found.get(bytes) ?? (await mounts.withCopy(bytes, look));
    found.set(bytes, { content, cuts });
    const place = moment.placeOf(content);
    if (place === undefined) throw new Error(`${trail} (${moment.change}) the device holds what no power cut on the simulated disk leaves:\n${shown(content)}`);
    for (const cut of cuts) expect(moment.oracle.judge(cut), trail).toBeUndefined();
    counts.moments++;
    const key = `${workload} ${seed} ${shown(content)}`;
    counts.images.add(key);
    if (place === "between") counts.between.add(key);
  });
  mounts.unmount(root);
}

describe("what a power cut leaves of a real ext4", () => {
  let refusal: string | undefined;
  beforeAll(() => {
    refusal = LoopMounts.refusal();
  });

  it.each([
    { workload: "durableState", seeds: [1] },
    { workload: "files", seeds: FILE_SEEDS },
  ] as const)("of $workload is among the states that the simulated disk enumerates for the same moment, and recovery of it keeps every promise", async ({ workload, seeds }, ) => {
    if (refusal !== undefined) return console.log(`skipped: ${refusal}`);
    const mounts = new LoopMounts();
    onTestFinished(() => mounts.release());
    const counts = new Counts();
    for (const seed of seeds) {
      const moments = await simulatedMoments(workload, seed);
      for (const way of WAYS) for (let plan = 1; plan <= PLANS; plan++) await live(mounts, workload, seed, plan, way, moments, counts);
    }
    console.log(`${workload}: ${counts.moments} moments, ${counts.images.size} distinct images of a real device, ${counts.between.size} of them neither the oldest nor the newest state of their moment`);
  }, 600_000);
});
