import { createSimulatedDisk, type DiskImage, type SimulatedDisk } from "@laminar/disk/testing";
import { openDurableState } from "@laminar/recovery";
import { ByHand, type Policy } from "./by-hand.ts";
import { type Committed, committed, type Expected } from "./expected.ts";
import { DIRECTORY, type Files, isLock, segmentsIn } from "./places.ts";

/** What a life leaves, and what it committed. */
export interface Left {
  readonly files: Files;
  readonly commits: readonly Committed[];
}

/** A program that leaves a golden directory behind. It does the same each time. */
export interface GoldenLife extends Pick<Expected, "shows" | "written"> {
  readonly name: string;
  live(): Promise<Left>;
}

const ONE_SEGMENT: Policy = { segmentSize: 0x10000, maxRetained: 1, maxChainLength: 1 };
const SHORT_SEGMENTS: Policy = { ...ONE_SEGMENT, segmentSize: 1024 };
const zeros = (length: number): string => "\0".repeat(length);
const letters = (length: number): string => "x".repeat(length);

function left({ files }: Pick<DiskImage, "files">, commits: readonly Committed[]): Left {
  return { files: new Map([...files].filter(([path]) => !isLock(path))), commits };
}

async function begun(policy: Policy): Promise<{ readonly disk: SimulatedDisk; readonly commits: Committed[]; readonly life: ByHand }> {
  const disk = createSimulatedDisk();
  const commits: Committed[] = [];
  return { disk, commits, life: await ByHand.begin(disk, policy, commits) };
}

async function closedLog(): Promise<Left> {
  const { disk, commits, life } = await begun(ONE_SEGMENT);
  await life.commit({ a: "1", b: `2${zeros(700)}` });
  await life.commit({ a: `3${letters(90)}`, b: undefined });
  await life.commit({ c: "4" });
  await life.close();
  return left(disk.killed(), commits);
}

/** The first image that a crash of `work` may leave and `isWanted` takes. */
async function crashIn(disk: SimulatedDisk, work: () => Promise<unknown>, imagesNow: () => Iterable<DiskImage>, isWanted: (files: Files) => boolean): Promise<DiskImage> {
  let found: DiskImage | undefined;
  const stop = disk.beforeEach(() => {
    found ??= [...imagesNow()].find(({ files }) => isWanted(files));
  });
  await work();
  stop();
  if (found === undefined) throw new Error("no crash leaves that");
  return found;
}

/** A power cut in the write of a batch over three sectors: `isTorn` says of its file, and where it begins, whether it is as wanted. */
async function tornLog(isTorn: (newest: Uint8Array, from: number) => boolean): Promise<Left> {
  const { disk, commits, life } = await begun(ONE_SEGMENT);
  await life.commit({ a: "1" });
  await life.commit({ a: "2", b: letters(50) });
  const newest = (files: Files): Uint8Array => withoutZerosAtEnd(files.get(segmentsIn(files).at(-1) ?? "") ?? new Uint8Array());
  const from = newest(disk.killed().files).length;
  const work = (): Promise<unknown> => {
    life.submit({ b: letters(900), c: "4" });
    return life.log.sync();
  };
  return left(await crashIn(disk, work, () => disk.powerCuts(), (files) => isTorn(newest(files), from)), commits);
}

/** What a segment holds: zeros behind it are space for what comes. */
function withoutZerosAtEnd(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return bytes.subarray(0, end);
}

const isCut = (newest: Uint8Array, from: number): boolean => newest.length > from && newest.length % 512 === 0;
const hasHole = (newest: Uint8Array, from: number): boolean => newest.length > 1024 && newest.slice(512, 1024).every((byte) => byte === 0) && newest.slice(from, 512).some((byte) => byte !== 0);

async function fencedLog(): Promise<Left> {
  const { disk, commits, life } = await begun(SHORT_SEGMENTS);
  await life.commit({ a: `1${letters(600)}` });
  await life.commit({ a: `2${letters(300)}` });
  await life.commit({ b: "3" });
  await life.stray({ b: "never committed" });
  await life.fence();
  await life.commit({ b: "4", c: `5${zeros(60)}` });
  await life.commit({ a: undefined });
  await life.stray({ c: "not committed" });
  return left(disk.killed(), commits);
}

async function fullCheckpoint(): Promise<Left> {
  const { disk, commits, life } = await begun(SHORT_SEGMENTS);
  await life.commit({ a: "1", b: `2${letters(600)}` });
  await life.commit({ c: `3${letters(300)}` });
  await life.commit({ c: "4" });
  await life.checkpoint();
  await life.commit({ a: "5", c: undefined });
  await life.commit({ d: `6${letters(300)}` });
  await life.close();
  return left(disk.killed(), commits);
}

async function chain(): Promise<Left> {
  const { disk, commits, life } = await begun({ ...SHORT_SEGMENTS, maxChainLength: 3 });
  await life.commit({ a: `1${letters(900)}` });
  await life.commit({ a: "2", b: `3${letters(60)}` });
  await life.checkpoint();
  await life.commit({ a: undefined, c: "3" });
  await life.checkpoint();
  await life.commit({ c: `4${letters(100)}`, d: "5" });
  await life.checkpoint();
  await life.commit({ d: `6${letters(30)}` });
  return left(disk.killed(), commits);
}

async function keptChains(): Promise<Left> {
  const { disk, commits, life } = await begun({ ...SHORT_SEGMENTS, maxRetained: 3, maxChainLength: 2 });
  for (let round = 1; round <= 5; round++) {
    await life.commit({ passing: letters(300) });
    await life.commit({ [`k${round % 3}`]: `${round}${letters(10 * round)}`, passing: undefined });
    await life.checkpoint();
  }
  await life.commit({ last: "of all" });
  await life.close();
  return left(disk.killed(), commits);
}

/** A removal that failed, a kill in the middle of a checkpoint, and another one when the next life states the log's end again. */
async function leftovers(): Promise<Left> {
  const { disk, commits, life } = await begun(SHORT_SEGMENTS);
  await life.commit({ a: `1${letters(900)}` });
  await life.commit({ a: "2" });
  await life.checkpoint();
  disk.plan(({ kind, path }) => (kind === "remove" && path.includes("/trash_") ? { kind: "error", errno: "EIO" } : undefined));
  await life.commit({ b: "3" });
  await life.checkpoint();
  await life.commit({ c: "4" });
  const has = (files: Files, pattern: RegExp): boolean => [...files].some(([path, { length }]) => length > 0 && pattern.test(path));
  const killed = await crashIn(disk, () => life.checkpoint(), () => [disk.killed()], (files) => has(files, /\/tmp_.*\/metadata\.json$/));
  const next = killed.mount();
  const opening = (): Promise<unknown> => ByHand.begin(next, SHORT_SEGMENTS, [...commits]);
  return left(await crashIn(next, opening, () => [next.killed()], (files) => has(files, /\.wal\.tmp$/)), commits);
}

async function durableState(isClosed: boolean): Promise<Left> {
  const disk = createSimulatedDisk();
  const policy = { maxRetained: 1, maxChainLength: 2, interval: 1e9 };
  const state = await openDurableState<string>({ directory: DIRECTORY, disk, checkpoints: policy, log: { segmentSize: 1024 } });
  const commits: Committed[] = [];
  const commit = async (key: string, value: string): Promise<void> => {
    state.put(key, value);
    const { walPosition } = await state.commit({ offsets: new Map([["events", commits.length + 1]]), watermark: commits.length * 10 });
    commits.push(committed(walPosition, state.offsets, state.watermark, state.entries()));
  };
  await commit("a", "1");
  await commit("b", letters(900));
  await commit("b", `2${letters(20)}`);
  await state.checkpoint();
  await commit("ü", "3");
  await commit("a", `4${letters(40)}`);
  if (!isClosed) return { files: disk.killed().files, commits };
  await state.close();
  return left(disk.killed(), commits);
}

/** One of each shape that a directory has. */
export const lives: readonly GoldenLife[] = [
  { name: "log-closed", written: "by hand", shows: "A log alone, closed.", live: closedLog },
  { name: "log-cut", written: "by hand", shows: "A log alone after a power cut: of its last batch a part is there.", live: () => tornLog(isCut) },
  { name: "log-with-a-hole", written: "by hand", shows: "A log alone after a power cut: its last batch lacks a sector in its middle.", live: () => tornLog(hasHole) },
  { name: "log-fenced", written: "by hand", shows: "A log of several segments with a fence, killed, and behind its last commit a record that none covers.", live: fencedLog },
  { name: "checkpoint-full", written: "by hand", shows: "A full checkpoint, a log that was truncated behind it, and two commits after it, closed.", live: fullCheckpoint },
  { name: "checkpoint-chain", written: "by hand", shows: "A full checkpoint, two deltas on it and a commit after them, killed.", live: chain },
  { name: "kept-chains", written: "by hand", shows: "Three kept chains, two of them of two parts, and a commit after them, closed.", live: keptChains },
  { name: "leftovers", written: "by hand", shows: "Leftovers: of a checkpoint that was removed, of one that was being made when it was killed, and of a segment that the next life began.", live: leftovers },
  { name: "state-closed", written: "as a durable state", shows: "The directory of a durable state, closed.", live: () => durableState(true) },
  { name: "state-killed", written: "as a durable state", shows: "The directory of a durable state, killed: its locks are left behind.", live: () => durableState(false) },
];
