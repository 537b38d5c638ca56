import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { nodeDisk } from "@laminar/disk";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { recover } from "../src/index.ts";
import { stateOf } from "./recovered-states.ts";
import { cutOf, textOfCut } from "./durable-oracle.ts";
import { DeviceReader, type FileSystemOptions, LoopMounts } from "./loop-mounts.ts";
import { type DiskContent, type Moment, type Place, simulatedMoments } from "./power-cut-moments.ts";
import { openKept, ownersOfLives, type Workload } from "./programs/power-cut-workloads.mjs";
import { repeatable } from "./programs/repeatable.mjs";
import { seeded } from "./seeded.ts";
import { runStepByStep, type Step } from "./stepped-process.ts";
import { changeOf } from "./traced-changes.ts";
import { changeUnrelated, UNRELATED, writeBackSome } from "./write-back.ts";

const ORDERED: FileSystemOptions = { blockSize: 1024, mountOptions: "noatime" };
/** Lengths may come to the device before the data. */
const LENGTHS_FIRST: FileSystemOptions = { blockSize: 1024, mountOptions: "noatime,data=writeback,nodelalloc,noauto_da_alloc" };
const LARGE_BLOCKS: FileSystemOptions = { blockSize: 4096, mountOptions: "noatime,noauto_da_alloc" };
const DATA_IN_JOURNAL: FileSystemOptions = { blockSize: 1024, mountOptions: "noatime,data=journal" };

/** A life of a workload: its seed, the file system that it is on, and the plan by which parts of it are written back. */
interface Life {
  readonly seed: number;
  readonly way: FileSystemOptions;
  readonly plan: number;
}

const isProof = process.env["RECOVERY_PROOF"] !== undefined;

function everyLife(seeds: readonly number[], plans: number): readonly Life[] {
  const ways = [ORDERED, LENGTHS_FIRST, LARGE_BLOCKS, DATA_IN_JOURNAL];
  return seeds.flatMap((seed) => ways.flatMap((way) => Array.from({ length: plans }, (_, plan) => ({ seed, way, plan }))));
}

const LIVES: Readonly<Record<Workload, readonly Life[]>> = {
  durableState: isProof ? everyLife([1], 10) : [{ seed: 1, way: ORDERED, plan: 0 }, { seed: 1, way: LENGTHS_FIRST, plan: 1 }],
  secondLife: isProof ? everyLife([1], 3) : [],
  files: isProof ? everyLife([1, 2, 3, 4, 5, 6], 3) : [{ seed: 1, way: ORDERED, plan: 0 }, { seed: 2, way: LENGTHS_FIRST, plan: 1 }],
};

const WORKLOADS = ["durableState", "secondLife", "files"] as const;

/** What was found on one device, whose bytes may stay the same from moment to moment. */
interface Found {
  readonly content: DiskContent;
  /** State, offsets and watermark that recovery gives, and in the long run an opening after it. */
  readonly cuts: readonly string[];
}

class Counts {
  moments = 0;
  readonly images = new Set<string>();
  readonly between = new Set<string>();

  add(image: string, place: Place): void {
    this.moments++;
    this.images.add(image);
    if (place === "between") this.between.add(image);
  }
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

async function recoveredCut(root: string): Promise<string> {
  const recovered = await recover({ checkpointDir: join(root, "data/checkpoints"), walDir: join(root, "data/log") });
  return textOfCut({ state: stateOf(recovered), offsets: recovered.sourceOffsets, watermark: recovered.watermark });
}

async function openedCut(root: string): Promise<string> {
  const owners = ownersOfLives();
  owners.nextLife();
  owners.nextLife();
  const state = await openKept(repeatable(nodeDisk, { owners }), root);
  const cut = cutOf(state);
  await state.close();
  return cut;
}

/** Opening writes and syncs, which takes most of the time: the long run does it. */
async function foundState(root: string): Promise<Found> {
  const content = contentOf(root);
  const recovered = await recoveredCut(root);
  return { content, cuts: isProof ? [recovered, await openedCut(root)] : [recovered] };
}

const LOOKS: Readonly<Record<Workload, (root: string) => Promise<Found>>> = {
  durableState: foundState,
  secondLife: foundState,
  files: async (root) => ({ content: contentOf(root), cuts: [] }),
};

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
async function live(mounts: LoopMounts, workload: Workload, { seed, way, plan }: Life, moments: readonly Moment[], counts: Counts): Promise<void> {
  const { image, root } = mounts.make(way);
  const device = new DeviceReader(image);
  let last: { readonly bytes: Buffer; readonly found: Found } | undefined;
  const random = seeded(plan);
  changeUnrelated(root);
  await runStepByStep(root, workload, seed, async (step, number) => {
    const moment = moments[number];
    const trail = `${workload} with seed ${seed}, ${way.mountOptions}, plan ${plan}, before operation ${number}`;
    expect(changeBelow(root, step), trail).toBe(moment?.change);
    if (moment === undefined) return;
    const isSynced = moments[number - 1]?.change.startsWith("sync") === true;
    // Otherwise the device is as it was, unless the kernel's own timer came.
    if (!writeBackSome(root, random) && !isSynced) return;
    const bytes = device.read();
    const found = last?.bytes === bytes ? last.found : await mounts.withCopy(bytes, LOOKS[workload]);
    last = { bytes, found };
    const place = moment.placeOf(found.content);
    if (place === undefined) throw new Error(`${trail} (${moment.change}) the device holds what no power cut on the simulated disk leaves:\n${shown(found.content)}`);
    for (const cut of found.cuts) expect(moment.oracle.judge(cut), trail).toBeUndefined();
    counts.add(`${seed} ${shown(found.content)}`, place);
  });
  mounts.unmount(root);
}

describe("what a power cut leaves of a real ext4", () => {
  let refusal: string | undefined;
  beforeAll(() => {
    refusal = LoopMounts.refusal();
  });

  it.for(WORKLOADS.filter((workload) => LIVES[workload].length > 0))("of the workload %s is among the states that the simulated disk enumerates for the same moment, and recovery of it keeps every promise", { timeout: isProof ? 3_600_000 : 600_000 }, async (workload, context) => {
    if (refusal !== undefined) {
      console.log(`skipped: ${refusal}`);
      context.skip(refusal);
    }
    const mounts = new LoopMounts();
    onTestFinished(() => mounts.release());
    const counts = new Counts();
    const moments = new Map<number, readonly Moment[]>();
    for (const life of LIVES[workload]) {
      const ofSeed = moments.get(life.seed) ?? (await simulatedMoments(workload, life.seed));
      moments.set(life.seed, ofSeed);
      await live(mounts, workload, life, ofSeed, counts);
    }
    console.log(`${workload}: ${counts.moments} moments of ${LIVES[workload].length} lives, ${counts.images.size} distinct images of a real device, ${counts.between.size} of them neither the oldest nor the newest state of their moment`);
    expect(counts.between.size).toBeGreaterThan(5);
  });
});
