import type { Operation, SimulatedDisk } from "@laminar/disk/testing";
import type { Step, Steps } from "./model-writer.ts";
import { applyStep, changesLog, DIRECTORY, logFiles, type Outcome } from "./subject.ts";

/** The name that a step has for a path of the disk. */
const nameOf = (path: string | undefined): string => (path === DIRECTORY ? "" : path === "/" ? ".." : (path ?? "").slice(DIRECTORY.length + 1));

/**
 * Holds the operations that the real log does on its disk against the steps of the model: the same ones in the same order,
 * with the same bytes, and after each the same files. Operations that change nothing, and the lock's, are left out; one write
 * may come in several parts, and what is removed in any order.
 */
export class Lockstep {
  /** The directory as the model has it. */
  readonly files: Map<string, Uint8Array>;
  readonly #disk: SimulatedDisk;
  /** A file that is open keeps the path it was opened under. */
  readonly #renamed: Map<string, string> = new Map();
  #steps: Steps<unknown> | undefined;
  #current: Step | undefined;
  /** Names that could not be removed in this action, which may be tried again. */
  #stayed: Set<string> = new Set();
  /** The first disagreement. */
  disagreement: string | undefined;
  /** How the model's steps ended: with what they return, or what they throw. */
  outcome: { readonly value: unknown } | { readonly error: unknown } | undefined;
  operations = 0;

  constructor(disk: SimulatedDisk) {
    this.#disk = disk;
    this.files = logFiles(disk.killed().files);
  }

  /** Whether an operation is one that is held against the model. */
  concerns(operation: Operation): boolean {
    // A leftover is removed without a look whether there is one.
    return changesLog(operation) && (operation.kind !== "remove" || this.files.has(nameOf(operation.path)));
  }

  begin(steps: Steps<unknown>): void {
    this.#steps = steps;
    this.outcome = undefined;
    this.#stayed = new Set();
    this.#advance(() => steps.next());
  }

  /** Called when an operation takes effect: whole, in its first `taken` bytes, or not at all. */
  operation(operation: Operation, outcome: Outcome): void {
    if (this.disagreement !== undefined) return;
    this.operations++;
    if (operation.kind === "remove" && this.#stayed.has(nameOf(operation.path))) {
      if (outcome === "done") this.files.delete(nameOf(operation.path));
      return;
    }
    const step = this.#current;
    const difference = step ? differenceOf(step, operation, this.#nameNow(operation)) : "the model does nothing more";
    if (difference !== undefined || !step) {
      this.disagreement = `the log does ${describe(operation)}, ${difference}`;
      return;
    }
    const taken = typeof outcome === "object" ? outcome.taken : outcome === "done" ? (operation.length ?? 0) : 0;
    const hasFailed = outcome === "failed" || (outcome === "full" && !(step.kind === "write" && step.taken === "or not"));
    if (step.kind === "remove") this.#removed(step, nameOf(operation.path), hasFailed);
    else if (hasFailed) this.#fail();
    else this.#done(step, taken);
  }

  #nameNow({ kind, path }: Operation): string {
    const name = nameOf(path);
    return kind === "write" || kind === "sync" ? (this.#renamed.get(name) ?? name) : name;
  }

  #removed(step: Step & { kind: "remove" }, name: string, failed: boolean): void {
    if (failed && !step.mayStay) return this.#fail();
    if (failed) this.#stayed.add(name);
    else this.files.delete(name);
    const names = new Set([...step.names].filter((other) => other !== name));
    if (names.size === 0) this.#advance(() => this.#steps?.next());
    else this.#current = { ...step, names };
  }

  #done(step: Step, taken: number): void {
    applyStep(this.files, step, taken);
    if (step.kind === "rename") this.#renamed.set(step.name, step.target);
    if (step.kind !== "write" || taken === step.bytes.length || step.taken === "or not") this.#advance(() => this.#steps?.next());
    else if (step.taken === "whole") this.#fail();
    else this.#current = { ...step, position: step.position + taken, bytes: step.bytes.subarray(taken) };
  }

  #fail(): void {
    this.#advance(() => this.#steps?.throw(new Error("the disk failed")));
  }

  /** At rest: nothing is left for the model to do, and both have the same files. */
  end(): void {
    if (this.#current) this.disagreement ??= `the model goes on with ${this.#current.kind}`;
    this.#steps = this.#current = undefined;
    this.compareFiles("at the end of an action");
  }

  compareFiles(when: string): void {
    const real = logFiles(this.#disk.killed().files);
    this.disagreement ??= differenceOfFiles(real, this.files, when);
    // The same bytes in the same place are the same object the next time.
    if (this.disagreement === undefined) for (const [name, bytes] of real) this.files.set(name, bytes);
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

const describe = ({ kind, path, target, position, length }: Operation): string => [kind, path, target, position, length].filter((part) => part !== undefined).join(" ");

function differenceOf(step: Step, { kind, target, position, length }: Operation, name: string): string | undefined {
  if (step.kind !== kind) return `the model ${step.kind} ${"name" in step ? step.name : ""}`;
  if (step.kind === "remove") return step.names.has(name) ? undefined : `the model removes ${[...step.names].join()}`;
  if (step.name !== name) return `the model does so to ${step.name}`;
  if (step.kind === "rename" && step.target !== nameOf(target)) return `the model renames to ${step.target}`;
  if (step.kind !== "write") return undefined;
  return step.position === position && (length ?? 0) <= step.bytes.length ? undefined : `the model writes ${step.bytes.length} bytes at ${step.position}`;
}

function differenceOfFiles(real: ReadonlyMap<string, Uint8Array>, model: ReadonlyMap<string, Uint8Array>, when: string): string | undefined {
  for (const name of new Set([...real.keys(), ...model.keys()])) {
    const [one, other] = [real.get(name), model.get(name)];
    if (!one || !other) return `${when} only ${one ? "the log" : "the model"} has ${name}`;
    if (one !== other && Buffer.compare(one, other) !== 0) return `${when} ${name} differs`;
  }
  return undefined;
}
