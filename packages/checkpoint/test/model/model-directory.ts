import type { DiskImage, Operation } from "@laminar/disk/testing";
import { checksumOf, decodeModelMetadata, type ModelMetadata, type ModelPart } from "./model-metadata.ts";
import type { Rules } from "./rules.ts";

export const DIRECTORY = "/checkpoints";

/** The directories of a checkpoint directory, each with its files, in the order in which a listing gives them. */
export type Tree = Map<string, Map<string, Uint8Array>>;
export type ReadonlyTree = ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>;

export const METADATA = "metadata.json";
export const STATE = "state.bin";
export const nameOf = (kind: "checkpoint" | "tmp" | "trash", id: number): string => `${kind}_${id.toString(16).padStart(16, "0")}`;

const IS_OURS = new RegExp(`^${DIRECTORY}/(?!LOCK)([^/]+)(?:/([^/]+))?$`);

/** Without the lock. */
export function treeOf(image: Pick<DiskImage, "directories" | "files">): Tree {
  const tree: Tree = new Map();
  for (const path of image.directories) {
    const [, name] = IS_OURS.exec(path) ?? [];
    if (name !== undefined) tree.set(name, new Map());
  }
  for (const [path, bytes] of image.files) {
    const [, name = "", file] = IS_OURS.exec(path) ?? [];
    if (file !== undefined) tree.get(name)?.set(file, bytes);
  }
  return tree;
}

/** What the model does to the disk, or (the last one) to the log. Names are those in the checkpoint directory: `""` is itself, `".."` the one above. */
export type Step =
  | { readonly kind: "makeDirectory" | "removeDirectory" | "syncDirectory" | "create" | "sync" | "remove"; readonly name: string }
  | { readonly kind: "write"; readonly name: string; readonly bytes: Uint8Array }
  | { readonly kind: "rename"; readonly name: string; readonly target: string }
  | { readonly kind: "truncateLog"; readonly lsn: number };

/** A step that fails is thrown into it, as `DiskFailed`. */
export type Steps<T> = Generator<Step, T, void>;

export class DiskFailed extends Error {
  override readonly name = "DiskFailed";
}

const CHANGING: readonly string[] = ["makeDirectory", "removeDirectory", "syncDirectory", "create", "write", "sync", "rename", "remove"];

/** Whether an operation changes something, and isn't the lock's. */
export const changesCheckpoints = ({ kind, path }: Operation): boolean => CHANGING.includes(kind) && !path.startsWith(`${DIRECTORY}/LOCK`);

/** The name that a step has for a path of the disk. */
export const nameIn = (path: string): string => (path === DIRECTORY ? "" : path === "/" ? ".." : path.slice(DIRECTORY.length + 1));
export const pathOf = (name: string): string => (name === "" ? DIRECTORY : name === ".." ? "/" : `${DIRECTORY}/${name}`);

/** What a step makes of the directory when it succeeds. */
export function applyStep(tree: Tree, step: Step): void {
  if (step.kind === "truncateLog") return;
  const [name = "", file = ""] = step.name.split("/");
  switch (step.kind) {
    case "makeDirectory":
      if (name !== "") tree.set(name, new Map());
      return;
    case "removeDirectory":
      tree.delete(name);
      return;
    case "create":
      tree.get(name)?.set(file, new Uint8Array(0));
      return;
    case "write":
      tree.get(name)?.set(file, step.bytes);
      return;
    case "remove":
      tree.get(name)?.delete(file);
      return;
    case "rename": {
      const moved = tree.get(name) ?? new Map<string, Uint8Array>();
      tree.delete(name);
      tree.set(step.target, moved);
      return;
    }
    case "sync":
    case "syncDirectory":
  }
}

/** What a directory holds. */
export interface ModelSurvey {
  /** Ids of everything that is named a checkpoint, newest first. */
  readonly ids: readonly number[];
  /** Metadata that verify. */
  readonly metadata: ReadonlyMap<number, ModelMetadata>;
  /** Those whose own state verifies too. */
  readonly whole: ReadonlyMap<number, ModelMetadata>;
  /** Size and checksum of the states that are there. */
  readonly states: ReadonlyMap<number, { readonly size: number; readonly checksum: number }>;
  readonly leftovers: readonly { readonly name: string; readonly id: number }[];
  readonly highestId: number;
}

/** `unpublished`: ids that have their name and don't count, because their publish failed. */
export function surveyTree(tree: ReadonlyTree, unpublished: ReadonlySet<number> = new Set()): ModelSurvey {
  const ids: number[] = [];
  const leftovers: { readonly name: string; readonly id: number }[] = [];
  const metadata = new Map<number, ModelMetadata>();
  const whole = new Map<number, ModelMetadata>();
  const states = new Map<number, { readonly size: number; readonly checksum: number }>();
  let highestId = 0;
  for (const [name, files] of tree) {
    const id = Number.parseInt(name.slice(name.indexOf("_") + 1), 16);
    highestId = Math.max(highestId, id);
    if (!name.startsWith("checkpoint_") || unpublished.has(id)) {
      leftovers.push({ name, id });
      continue;
    }
    ids.push(id);
    const [said, state] = [decodeModelMetadata(files.get(METADATA) ?? new Uint8Array(0)), files.get(STATE)];
    const own = said?.chain.at(-1);
    if (state) states.set(id, { size: state.length, checksum: checksumOf(state) });
    if (!said || said.id !== id || own?.id !== id) continue;
    metadata.set(id, said);
    if (isSameState(own, states.get(id))) whole.set(id, said);
  }
  return { ids: ids.sort((a, b) => b - a), metadata, whole, states, leftovers, highestId };
}

const isSameState = (part: Omit<ModelPart, "id">, state: Omit<ModelPart, "id"> | undefined): boolean => part.size === state?.size && part.checksum === state.checksum;

/** Whether every state that a restore needs is there and whole. What the parts' own metadata say doesn't matter. */
export function chainVerifies(chain: readonly ModelPart[], { whole, states }: ModelSurvey, rules: Rules): boolean {
  return chain.every((part) => (rules.chainByChecksum ? isSameState(part, states.get(part.id)) : whole.has(part.id)));
}
