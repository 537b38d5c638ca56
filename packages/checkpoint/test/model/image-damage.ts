import type { SimulatedDisk } from "@laminar/disk/testing";
import { METADATA, type ModelSurvey, nameOf, pathOf, type ReadonlyTree, STATE, surveyTree, type Tree } from "./model-directory.ts";
import { type ModelLog, standing } from "./model-log.ts";
import { checksumOf, encodeModelMetadata, type ModelMetadata } from "./model-metadata.ts";
import type { Recovered, Verdict } from "./model-recovery.ts";
import { baseOf, usableIn } from "./model-retention.ts";
import { RULES } from "./rules.ts";
import { encodePart } from "./state-bytes.ts";

/** A directory and a log after something was done to them, and what a recovery must make of it. */
export interface Damaged {
  readonly what: string;
  readonly tree: ReadonlyTree;
  readonly log: ModelLog;
  /** `undefined` when it is right. */
  judge(after: Verdict): string | undefined;
}

const copyOf = (tree: ReadonlyTree): Tree => new Map([...tree].map(([name, files]) => [name, new Map(files)]));
const pick = <T>(from: readonly T[], random: () => number): T | undefined => from[Math.floor(random() * from.length)];
const isSame = (before: Recovered, after: Verdict): boolean => after.kind === "recovered" && after.lsn === before.lsn && after.state === before.state;

const GARBAGE = new Uint8Array([0x67, 0x61, 0x72, 0x62]);

/** Every kind of damage once, where it applies. */
export function* someDamage(tree: ReadonlyTree, log: ModelLog, before: Recovered, maxRetained: number, random: () => number): Generator<Damaged, void, undefined> {
  const survey = surveyTree(tree);
  yield* allChainsButOne(tree, log, before, maxRetained, random);
  const id = pick(survey.ids, random);
  if (id === undefined) return;
  const sameOrRefused = (after: Verdict): string | undefined => (after.kind === "refused" || isSame(before, after) ? undefined : "SILENT DAMAGE: another state");
  yield { what: "a flipped bit", tree: flipped(tree, id, random), log, judge: sameOrRefused };
  const lost = copyOf(tree);
  lost.delete(nameOf("checkpoint", id));
  yield { what: "a lost directory", tree: lost, log, judge: sameOrRefused };
  yield* endOfLogLost(tree, log, survey, random);
  yield* anotherBase(tree, log, survey, random);
}

/** Any one of the chains that are kept is enough. Those below the log's start were to be removed, and count for nothing. */
function* allChainsButOne(tree: ReadonlyTree, log: ModelLog, before: Recovered, maxRetained: number, random: () => number): Generator<Damaged, void, undefined> {
  const points = usableIn(surveyTree(tree), log, RULES);
  const bases = [...new Set(points.filter(({ walPosition }) => standing(log, walPosition) === "held").map(baseOf))].sort((a, b) => b - a).slice(0, maxRetained);
  if (bases.length < 2) return;
  const survivor = pick(bases, random);
  const damaged = copyOf(tree);
  for (const point of points) {
    const isHit = baseOf(point) !== survivor && bases.includes(baseOf(point));
    if (isHit) for (const file of [METADATA, STATE]) damaged.get(nameOf("checkpoint", point.id))?.set(file, GARBAGE);
  }
  const what = "all chains but one";
  yield { what, tree: damaged, log, judge: (after) => (isSame(before, after) ? undefined : `DAMAGE OF ALL BUT CHAIN ${survivor}: ${after.kind === "refused" ? `refused, ${after.why}` : "another state"}`) };
}

function flipped(tree: ReadonlyTree, id: number, random: () => number): Tree {
  const damaged = copyOf(tree);
  const files = damaged.get(nameOf("checkpoint", id));
  const [name, bytes] = pick([...(files ?? [])], random) ?? [];
  if (name === undefined || bytes === undefined || bytes.length === 0) return damaged;
  const bit = Math.floor(random() * bytes.length * 8);
  files?.set(name, bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)));
  return damaged;
}

/** The log ends before a checkpoint whose state is damaged: only its metadata can tell. */
function* endOfLogLost(tree: ReadonlyTree, log: ModelLog, survey: ModelSurvey, random: () => number): Generator<Damaged, void, undefined> {
  const witness = pick([...survey.metadata.values()].filter(({ walPosition }) => standing(log, walPosition) === "held" && walPosition > log.startsAfter), random);
  if (!witness) return;
  const records = log.records.filter(({ lsn }) => lsn < witness.walPosition);
  const damaged = copyOf(tree);
  damaged.get(nameOf("checkpoint", witness.id))?.set(STATE, GARBAGE);
  const shortened = { ...log, records, lastLsn: records.at(-1)?.lsn ?? log.startsAfter };
  yield { what: "the end of the log lost", tree: damaged, log: shortened, judge: (after) => (after.kind === "refused" ? undefined : `SILENTLY OLDER: ${after.lsn}, and checkpoint ${witness.id} is at ${witness.walPosition}`) };
}

/** The base of a chain is replaced by a whole one of the same number, as from a backup. */
function* anotherBase(tree: ReadonlyTree, log: ModelLog, survey: ModelSurvey, random: () => number): Generator<Damaged, void, undefined> {
  const delta = pick([...survey.whole.values()].filter(({ chain }) => chain.length > 1), random);
  const base = survey.whole.get(delta?.chain[0]?.id ?? -1);
  if (!delta || !base) return;
  const damaged = copyOf(tree);
  const files = damaged.get(nameOf("checkpoint", base.id));
  const state = encodePart("full", [["z", "of another time"]]);
  const metadata: ModelMetadata = { ...base, chain: [{ id: base.id, size: state.length, checksum: checksumOf(state) }] };
  files?.set(STATE, state);
  files?.set(METADATA, encodeModelMetadata(metadata));
  const users = [...survey.metadata.values()].filter(({ chain }) => chain.length > 1 && chain[0]?.id === base.id).map(({ id }) => id);
  const judge = (after: Verdict): string | undefined =>
    after.kind === "recovered" && users.includes(after.loaded ?? -1) ? `RESTORED FROM ANOTHER BASE: checkpoint ${after.loaded}` : undefined;
  yield { what: "another base", tree: damaged, log, judge };
}

/** Makes a disk's files those of `to`. */
export async function impose(disk: SimulatedDisk, from: ReadonlyTree, to: ReadonlyTree): Promise<void> {
  for (const [directory, files] of from) {
    for (const [name, bytes] of files) {
      const after = to.get(directory)?.get(name);
      if (after === bytes) continue;
      await disk.remove(pathOf(`${directory}/${name}`));
      if (!after) continue;
      const file = await disk.create(pathOf(`${directory}/${name}`));
      if (after.length > 0) await file.write(0, after);
      await file.sync();
      await file.close();
    }
    if (to.has(directory)) await disk.syncDirectory(pathOf(directory));
    else await disk.removeDirectory(pathOf(directory));
  }
}
