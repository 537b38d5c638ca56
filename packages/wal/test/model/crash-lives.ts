import { createHash } from "node:crypto";
import type { DiskImage, Fault, Operation, SimulatedDisk } from "@laminar/disk/testing";
import type { WalEntry } from "../../src/index.ts";
import { type Known, Oracle } from "../crash-oracle.ts";
import type { ModelVerdict } from "./model-reader.ts";
import { type Action, type Groups, logFiles, type Outcome, type Subject } from "./subject.ts";

/** The record that an entry was written as: every entry of these tests carries a number that no other has. */
export function idOf(entry: WalEntry): number {
  if (entry.type === "checkpoint") return entry.id;
  if (entry.type === "commit") return Number(entry.offsets.get("id") ?? -1n);
  return new DataView(entry.key.buffer, entry.key.byteOffset).getUint32(0);
}

export const knownOf = (batches: readonly { readonly firstLsn: number; readonly entries: readonly WalEntry[] }[]): Known[] =>
  batches.flatMap(({ firstLsn, entries }) => entries.map((entry, i) => ({ lsn: firstLsn + i, id: idOf(entry) })));

function entryOf(id: number, random: () => number): WalEntry {
  const kind = random();
  if (kind < 0.05) return { type: "checkpoint", id };
  if (kind < 0.15) return { type: "commit", offsets: new Map([["id", BigInt(id)]]), ...(random() < 0.5 && { watermark: BigInt(id) }) };
  const key = new Uint8Array(4);
  new DataView(key.buffer).setUint32(0, id);
  if (kind < 0.25) return { type: "delete", key };
  const length = Math.floor(random() * (random() < 0.2 ? 1400 : 60));
  return { type: "put", key, value: new Uint8Array(length).fill(random() < 0.4 ? 0 : 171) };
}

/** What was counted, each state once: those that differ in a byte of a file or in a name. */
export class Counts {
  readonly states: Set<string> = new Set();
  readonly byOperation: Map<string, number> = new Map();
  readonly byDepth: number[] = [];
  checks = 0;
  lives = 0;
  failed = 0;

  /** True the first time. */
  add(key: string, operation: string, depth: number): boolean {
    this.checks++;
    if (this.states.has(key)) return false;
    this.states.add(key);
    this.byOperation.set(operation, (this.byOperation.get(operation) ?? 0) + 1);
    this.byDepth[depth] = (this.byDepth[depth] ?? 0) + 1;
    return true;
  }

  toString(): string {
    const operations = [...this.byOperation].map(([name, states]) => `${name} ${states}`).join(", ");
    const depths = Array.from(this.byDepth, (states = 0) => states).join("/");
    return `${this.states.size} distinct states (${this.checks} looked at in ${this.lives} lives, ${this.failed} of them poisoned; ${operations}; nested ${depths})`;
  }
}

const hashes = new WeakMap<Uint8Array, string>();

/** Names and contents of the log's files. */
export function keyOf(files: ReadonlyMap<string, Uint8Array>): string {
  const all = createHash("md5");
  for (const [name, bytes] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    let hash = hashes.get(bytes);
    if (hash === undefined) hashes.set(bytes, (hash = createHash("md5").update(bytes).digest("hex")));
    all.update(name).update(hash);
  }
  return all.digest("base64").slice(0, 20);
}

export interface World {
  readonly counts: Counts;
  readonly random: () => number;
  readonly imagesPerOperation: number;
  readonly depthMost: number;
  /** How likely a life goes on from a state that a kill, or a power cut, left. */
  readonly lives: { readonly afterKill: number; readonly afterPowerCut: number };
  /** How likely an operation is to fail. */
  readonly failures: number;
  /** For each life: tells of each operation, in their order, whether it is a sync that says yes and does nothing. */
  readonly liesOf?: () => (operation: Operation) => boolean;
  /** Stops the exploration between two lives. */
  readonly enough: () => boolean;
  /** A log on that disk; salts repeat with `seed`. */
  start(disk: SimulatedDisk, seed: number): Subject;
  /** Reads an image; says what is wrong in itself, before its records are judged. */
  read(files: ReadonlyMap<string, Uint8Array>, isNew: boolean): { readonly verdict: ModelVerdict; readonly wrong?: string | undefined };
  /** For what else may be done with a state that was found to be good. */
  readonly onState?: (files: ReadonlyMap<string, Uint8Array>, verdict: ModelVerdict) => string | undefined;
}

interface Child {
  readonly image: DiskImage;
  readonly oracle: Oracle;
  readonly trail: readonly string[];
}

/** One life of a program on one disk: it opens the log and does things, and every moment of it is a crash. */
class Life {
  readonly #world: World;
  readonly #disk: SimulatedDisk;
  readonly #depth: number;
  readonly #subject: Subject;
  readonly #lies: ((operation: Operation) => boolean) | undefined;
  readonly #trail: string[];
  readonly #seen = new Set<string>();
  readonly children: Child[] = [];
  readonly oracle: Oracle;
  #doing = "open";
  #broken: string | undefined;
  #opened = false;

  constructor(world: World, disk: SimulatedDisk, oracle: Oracle, depth: number, trail: readonly string[]) {
    this.#world = world;
    this.#disk = disk;
    this.#depth = depth;
    this.oracle = oracle;
    this.#trail = [...trail];
    this.#subject = world.start(disk, depth);
    this.#lies = world.liesOf?.();
  }

  async live(): Promise<void> {
    const { counts } = this.#world;
    counts.lives++;
    const stop = this.#disk.beforeEach((operation) => this.#look(operation));
    this.#disk.plan((operation) => this.#faultOf(operation));
    try {
      await this.#subject.open();
      this.#observe();
      const actions = 1 + Math.floor(this.#world.random() * (this.#depth === 0 ? 9 : 4));
      for (let i = 0; i < actions && this.#broken === undefined; i++) await this.#act();
      if (this.#world.random() < 0.7) await this.#perform({ kind: "close" });
    } catch (error) {
      if (!isPoison(error)) throw new Error(`${this.#trail.join(" ")} in ${this.#doing}: ${String(error)}`, { cause: error });
      counts.failed++;
    }
    this.#look(undefined);
    stop();
    this.#disk.plan(undefined);
    if (this.#broken !== undefined) throw new Error(this.#broken);
  }

  /** The program that opened the log was shown something: it is the truth from here on. */
  #observe(): void {
    const { verdict } = this.#world.read(logFiles(this.#disk.killed().files), false);
    const found = verdict.kind === "log" ? knownOf(verdict.batches) : [];
    const broken = this.oracle.judge(found);
    if (broken !== undefined) throw new Error(`open showed ${broken}`);
    this.oracle.observe(found);
    this.#opened = true;
  }

  async #act(): Promise<void> {
    const { random } = this.#world;
    const choice = random();
    const { submitted } = this.oracle;
    const pick = (): number => submitted[Math.floor(random() * submitted.length)]?.lsn ?? 0;
    if (random() < (this.#doing === "append" || this.#doing === "group commit" ? 0.3 : 0.05)) return this.#perform({ kind: "rest" });
    if (choice < 0.5 || submitted.length === 0) return this.#perform({ kind: "append", groups: this.#groups() });
    if (choice < 0.62) return this.#perform({ kind: "group commit", first: this.#groups(), second: this.#groups() });
    if (choice < 0.78) {
      // A fence below what was let go is refused.
      const lsn = Math.max(this.#subject.startsAfter, this.oracle.dropBelow - 1, pick() - (random() < 0.2 ? 1 : 0));
      if (submitted.some((known) => known.lsn === lsn) || lsn === this.#subject.startsAfter) await this.#perform({ kind: "truncateAfter", lsn });
      return undefined;
    }
    return this.#perform({ kind: "truncateBefore", lsn: Math.min(pick(), this.#subject.lastLsn + 1) });
  }

  #groups(): Groups {
    const { random } = this.#world;
    return Array.from({ length: random() < 0.8 ? 1 : 2 }, () => Array.from({ length: 1 + Math.floor(random() * 3) }, () => entryOf(this.oracle.nextId++, random)));
  }

  async #perform(action: Action): Promise<void> {
    const { oracle } = this;
    this.#doing = action.kind;
    this.#trail.push("lsn" in action ? `${action.kind} ${action.lsn}` : action.kind);
    if (action.kind === "append") this.#submit(action.groups);
    if (action.kind === "group commit") this.#submit([...action.first, ...action.second]);
    if (action.kind === "truncateBefore") oracle.dropBelow = Math.max(oracle.dropBelow, action.lsn);
    if (action.kind === "truncateAfter") oracle.fence = action.lsn;
    await this.#subject.perform(action);
    oracle.acknowledge(this.#subject.durableLsn);
    if (action.kind === "truncateAfter") oracle.fenced(action.lsn);
  }

  #submit(groups: Groups): void {
    let lsn = this.#subject.nextLsn;
    for (const entry of groups.flat()) {
      const reused = this.oracle.submit({ lsn: lsn++, id: idOf(entry) });
      if (reused !== undefined) throw new Error(reused);
    }
  }

  #faultOf(operation: Operation): ReturnType<Parameters<SimulatedDisk["plan"]>[0] & object> {
    const { random, failures } = this.#world;
    if (!this.#subject.concerns(operation)) return undefined;
    if (this.#lies?.(operation)) {
      this.#subject.observe(operation, "done");
      return { kind: "lie" };
    }
    const fault = random() < failures ? ({ kind: "error", errno: random() < 0.5 ? "EIO" : "ENOSPC" } as const) : this.#shortWrite(operation);
    this.#subject.observe(operation, outcomeOf(fault));
    return fault;
  }

  /** What a kill in the middle of a write leaves, too. */
  #shortWrite({ kind, length = 0, position }: Operation): { readonly kind: "short"; readonly bytes: number } | undefined {
    const { random, failures } = this.#world;
    // One of a batch ends the life.
    const likely = position === 0 ? 0.3 : 5 * failures;
    return kind === "write" && length > 1 && random() < likely ? { kind: "short", bytes: 1 + Math.floor(random() * (length - 1)) } : undefined;
  }

  /** Takes a kill and power cuts at this moment, before `operation`. */
  #look(operation: Operation | undefined): void {
    if (operation && !this.#subject.concerns(operation)) return;
    const { random, imagesPerOperation, lives } = this.#world;
    if (this.#opened) this.oracle.acknowledge(this.#subject.durableLsn);
    const at = operation ? `${operation.index}` : "the end";
    this.#check(this.#disk.killed(), `kill at ${at}`, lives.afterKill);
    for (const image of this.#disk.powerCuts({ limit: imagesPerOperation, seed: Math.floor(random() * 2 ** 31) })) this.#check(image, `power cut at ${at}`, lives.afterPowerCut);
  }

  #check(image: DiskImage, how: string, goesOn: number): void {
    if (this.#broken !== undefined) return;
    const { counts, depthMost, random } = this.#world;
    const files = logFiles(image.files);
    const key = keyOf(files);
    const isNew = counts.add(key, this.#doing, this.#depth);
    const promised = `${key} ${this.oracle.signature}`;
    if (this.#seen.has(promised)) return;
    this.#seen.add(promised);
    const { verdict, wrong } = this.#world.read(files, isNew);
    const broken =
      wrong ?? (verdict.kind === "refused" ? `refused, ${verdict.why}` : this.oracle.judge(verdict.kind === "log" ? knownOf(verdict.batches) : [])) ?? (isNew ? this.#world.onState?.(files, verdict) : undefined);
    const trail = [...this.#trail, `${how} in ${this.#doing}`];
    if (broken !== undefined) this.#broken = `${trail.join(" ")}: ${broken}`;
    else if (this.#depth < depthMost && random() < goesOn) this.children.push({ image, oracle: this.oracle.copy(), trail });
  }
}

function outcomeOf(fault: Fault | undefined): Outcome {
  if (fault?.kind === "short") return { taken: fault.bytes };
  if (fault?.kind !== "error") return "done";
  return fault.errno === "ENOSPC" ? "full" : "failed";
}

const isPoison = (error: unknown): boolean =>
  error instanceof Error && (error.name === "DiskError" || (error.name === "WalError" && "code" in error && (error.code === "WAL_POISONED" || error.code === "WAL_IO")));

/** A life, and then those that go on from its crashes. Throws for the first promise that isn't kept. */
export async function explore(world: World, disk: SimulatedDisk, name: string): Promise<void> {
  const descend = async (from: SimulatedDisk, oracle: Oracle, depth: number, trail: readonly string[]): Promise<void> => {
    if (world.enough()) return;
    const life = new Life(world, from, oracle, depth, trail);
    await life.live();
    for (const child of life.children) await descend(child.image.mount(), child.oracle, depth + 1, child.trail);
  };
  await descend(disk, new Oracle(), 0, [name]);
}

