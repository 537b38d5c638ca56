import { createHash } from "node:crypto";
import type { ReadonlyTree } from "./model-directory.ts";
import type { ModelLog } from "./model-log.ts";
import type { Verdict } from "./model-recovery.ts";

const hashes = new WeakMap<object, string>();

function hashOf(content: object, text: () => string | Uint8Array): string {
  const known = hashes.get(content) ?? createHash("md5").update(text()).digest("hex");
  hashes.set(content, known);
  return known;
}

/** Equal for equal contents of the directory and the log. */
export function keyOf(tree: ReadonlyTree, log: ModelLog): string {
  const all = createHash("md5");
  for (const [name, files] of [...tree].sort(([a], [b]) => (a < b ? -1 : 1))) {
    all.update(`/${name}`);
    for (const [file, bytes] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) all.update(file).update(hashOf(bytes, () => bytes));
  }
  return all.update(hashOfLog(log)).digest("base64").slice(0, 20);
}

export const hashOfLog = (log: ModelLog): string => hashOf(log, () => JSON.stringify(log));

const add = (counts: Map<string, number>, name: string, more = 1): void => void counts.set(name, (counts.get(name) ?? 0) + more);
const listed = (counts: ReadonlyMap<string, number>): string => [...counts].map(([name, count]) => `${name} ${count}`).join(", ");

/** What was counted, each state once: those that differ in a byte of a file, in a name or in the log. */
export class Counts {
  /** Each state's key, with what a recovery made of it once it was looked at. */
  readonly states: Map<string, Verdict | undefined> = new Map();
  readonly byOperation: Map<string, number> = new Map();
  readonly byChainLength: Map<number, number> = new Map();
  readonly byDepth: number[] = [];
  readonly damaged: Map<string, number> = new Map();
  readonly performed: Map<string, number> = new Map();
  checks = 0;
  lives = 0;
  deltas = 0;

  /** True the first time. */
  add(key: string, operation: string, depth: number, chainLength: number): boolean {
    if (this.states.has(key)) return false;
    this.states.set(key, undefined);
    add(this.byOperation, operation);
    this.byChainLength.set(chainLength, (this.byChainLength.get(chainLength) ?? 0) + 1);
    this.byDepth[depth] = (this.byDepth[depth] ?? 0) + 1;
    return true;
  }

  addDamage(what: string): void {
    add(this.damaged, what);
  }

  perform(what: string): void {
    add(this.performed, what);
  }

  get damagedImages(): number {
    return [...this.damaged.values()].reduce((sum, count) => sum + count, 0);
  }

  toString(): string {
    const lengths = [...this.byChainLength].sort(([a], [b]) => a - b).map(([length, count]) => `${length}: ${count}`);
    return [
      `${this.states.size} distinct states (${this.checks} looked at in ${this.lives} lives; nested ${Array.from(this.byDepth, (count = 0) => count).join("/")})`,
      `by what was going on: ${listed(this.byOperation)}`,
      `by the longest chain: ${lengths.join(", ")}`,
      `${this.damagedImages} damaged images (${listed(this.damaged)})`,
      `done: ${listed(this.performed)}, of which ${this.deltas} deltas were published`,
    ].join("\n");
  }
}
