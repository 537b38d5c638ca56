import type { LogRecord } from "./model-log.ts";
import type { Cut } from "./model-manager.ts";
import type { Recovered } from "./model-recovery.ts";
import { encodePart, type Entry, textOf } from "./state-bytes.ts";

const KEYS = ["a", "b", "c", "d", "e"] as const;

/** The state of a program that remembers which keys changed since its last checkpoint. */
export class Program {
  readonly state: Map<string, string> = new Map();
  /** Keys with the number of their last change. */
  readonly #changed: Map<string, number> = new Map();
  #changes = 0;
  #basedOn: { readonly id: number } | undefined;
  #countedFrom: number | undefined;

  /** A program that starts. What it loaded looks like a checkpoint that it saved, and is none. */
  constructor(recovered: Pick<Recovered, "state" | "changed" | "loaded">) {
    for (const entry of recovered.state.split(" ").filter(Boolean)) {
      const [key = "", value = ""] = entry.split("=");
      this.state.set(key, value);
    }
    for (const key of recovered.changed) this.#changed.set(key, 0);
    this.#basedOn = recovered.loaded === undefined ? undefined : { id: recovered.loaded };
  }

  get text(): string {
    return textOf(this.state);
  }

  static change(random: () => number, value: number): NonNullable<LogRecord["change"]> {
    const key = KEYS[Math.floor(random() * KEYS.length)] ?? "a";
    // Long enough that one delta weighs less than a base.
    return [key, random() < 0.25 ? null : `${value}${"x".repeat(Math.floor(random() * 20))}`];
  }

  apply(changes: readonly Entry[]): void {
    for (const [key, value] of changes) {
      this.#changed.set(key, ++this.#changes);
      if (value === null) this.state.delete(key);
      else this.state.set(key, value);
    }
  }

  /** The state of this moment, for a checkpoint. */
  capture(walPosition: number, epoch: number | undefined): Capture {
    const [state, changes] = [new Map(this.state), this.#changes];
    const changed = [...this.#changed.keys()].map((key): Entry => [key, state.get(key) ?? null]);
    const captured = { walPosition, epoch, basedOn: this.#basedOn, countedFrom: this.#countedFrom, full: [...state], delta: changed };
    return new Capture(captured, (checkpoint) => this.#saved(checkpoint, changes));
  }

  #saved(checkpoint: { readonly id: number }, changes: number): void {
    this.#basedOn = checkpoint;
    this.#countedFrom = checkpoint.id;
    for (const [key, change] of this.#changed) if (change <= changes) this.#changed.delete(key);
  }
}

interface Captured {
  readonly walPosition: number;
  readonly epoch: number | undefined;
  readonly basedOn: unknown;
  readonly countedFrom: number | undefined;
  readonly full: readonly Entry[];
  readonly delta: readonly Entry[];
}

/** What the manager is given. Counts how it is used: its bytes once, and then either `done` or `fail`. */
export class Capture implements Cut {
  readonly walPosition: number;
  readonly epoch: number | undefined;
  readonly basedOn: unknown;
  readonly countedFrom: number | undefined;
  readonly keyCount: number;
  readonly #parts: { readonly full: readonly Entry[]; readonly delta: readonly Entry[] };
  readonly #saved: (checkpoint: { readonly id: number }) => void;
  bytesAsked = 0;
  readonly ends: (number | "failed")[] = [];

  constructor({ walPosition, epoch, basedOn, countedFrom, full, delta }: Captured, saved: (checkpoint: { readonly id: number }) => void) {
    this.walPosition = walPosition;
    this.epoch = epoch;
    this.basedOn = basedOn;
    this.countedFrom = countedFrom;
    this.keyCount = full.length;
    this.#parts = { full, delta };
    this.#saved = saved;
  }

  part(kind: "full" | "delta"): Uint8Array {
    return encodePart(kind, this.#parts[kind]);
  }

  *bytes(kind: "full" | "delta"): Generator<Uint8Array, void, undefined> {
    this.bytesAsked++;
    yield this.part(kind);
  }

  done(checkpoint: { readonly id: number }): void {
    this.ends.push(checkpoint.id);
    this.#saved(checkpoint);
  }

  fail(): void {
    this.ends.push("failed");
  }
}
