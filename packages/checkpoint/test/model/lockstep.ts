import { applyStep, DiskFailed, nameIn, type ReadonlyTree, type Step, type Steps, type Tree } from "./model-directory.ts";
import type { Change } from "./subject.ts";

/**
 * Holds what the real manager does to its disk and its log against the steps of the model: the same ones in the same order, and
 * after each action the same files with the same bytes. What changes nothing, and the lock, is left out.
 */
export class Lockstep {
  /** The directory as the model has it. */
  readonly tree: Tree = new Map();
  #steps: Steps<unknown> | undefined;
  #current: Step | undefined;
  /** The first disagreement. */
  disagreement: string | undefined;
  /** How the model's steps ended: with what they return, or what they throw. */
  outcome: { readonly value: unknown } | { readonly error: unknown } | undefined;

  constructor(tree: ReadonlyTree) {
    this.replace(tree);
  }

  /** Somebody else changed the files. */
  replace(tree: ReadonlyTree): void {
    this.tree.clear();
    for (const [name, files] of tree) this.tree.set(name, new Map(files));
  }

  begin(steps: Steps<unknown>): void {
    this.#steps = steps;
    this.outcome = undefined;
    this.#advance(() => steps.next());
  }

  /** Called when a change takes effect, or fails. */
  change(change: Change, outcome: "done" | "failed"): void {
    if (this.disagreement !== undefined) return;
    const step = this.#current;
    const difference = step ? differenceOf(step, change) : "the model does nothing more";
    if (difference !== undefined || !step) {
      this.disagreement = `the manager does ${describe(change)}, ${difference}`;
      return;
    }
    if (outcome === "done") applyStep(this.tree, step);
    this.#advance(() => (outcome === "done" ? this.#steps?.next() : this.#steps?.throw(new DiskFailed())));
  }

  /** At rest: nothing is left for the model to do, and both have the same files. */
  end(real: ReadonlyTree): void {
    if (this.#current) this.disagreement ??= `the model goes on with ${describe(this.#current)}`;
    this.#steps = this.#current = undefined;
    this.disagreement ??= differenceOfTrees(real, this.tree);
  }

  #advance(go: () => IteratorResult<Step, unknown> | undefined): void {
    try {
      const next = go();
      this.#current = next?.done === false ? next.value : undefined;
      if (next?.done === true) this.outcome = { value: next.value };
    } catch (error) {
      this.#current = undefined;
      this.outcome = { error };
    }
  }
}

const describe = (change: Change | Step): string =>
  [change.kind, ...("lsn" in change ? [change.lsn] : ["path" in change ? change.path : change.name, "target" in change ? change.target : ""])].join(" ");

function differenceOf(step: Step, change: Change): string | undefined {
  if ("lsn" in step || "lsn" in change) return "lsn" in step && "lsn" in change && step.lsn === change.lsn ? undefined : `the model ${describe(step)}`;
  const isSame = step.kind === change.kind && step.name === nameIn(change.path);
  if (!isSame || (step.kind === "rename" && step.target !== nameIn(change.target ?? ""))) return `the model ${describe(step)}`;
  return step.kind === "write" && (change.position !== 0 || change.length !== step.bytes.length) ? `the model writes ${step.bytes.length} bytes at once` : undefined;
}

function differenceOfTrees(real: ReadonlyTree, model: ReadonlyTree): string | undefined {
  if ([...real.keys()].join() !== [...model.keys()].join()) return `the manager has ${[...real.keys()].join()}, the model ${[...model.keys()].join()}`;
  for (const [name, files] of real) {
    const others = model.get(name);
    if ([...files.keys()].join() !== [...(others?.keys() ?? [])].join()) return `${name} holds other files: ${[...files.keys()].join()}`;
    for (const [file, bytes] of files) {
      const other = others?.get(file);
      if (other !== bytes && (!other || Buffer.compare(other, bytes) !== 0)) return `${name}/${file} differs:\n${text(bytes)}\n${text(other)}`;
    }
  }
  return undefined;
}

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();

