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
  #basedOn: number | undefined;

  constructor(recovered: Pick<Recovered, "state" | "changed" | "loaded">) {
    for (const entry of recovered.state.split(" ").filter(Boolean)) {
      const [key = "", value = ""] = entry.split("=");
      this.state.set(key, value);
    }
    for (const key of recovered.changed) this.#changed.set(key, 0);
    this.#basedOn = recovered.loaded;
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
    return new Capture({ walPosition, epoch, basedOn: this.#basedOn, full: [...state], delta: changed }, (id) => this.#saved(id, changes));
  }

  #saved(id: number, changes: number): void {
    this.#basedOn = id;
    for (const [key, change] of this.#changed) if (change <= changes) this.#changed.delete(key);
  }
}

interface Captured {
  readonly walPosition: number;
  readonly epoch: number | undefined;
  readonly basedOn: number | undefined;
  readonly full: readonly Entry[];
  readonly delta: readonly Entry[];
}

/** What the manager is given. Counts how it is used: its bytes once, and then either `done` or `fail`. */
export class Capture implements Cut {
  readonly walPosition: number;
  readonly epoch: number | undefined;
  readonly basedOn: number | undefined;
  readonly keyCount: number;
  readonly #parts: { readonly full: readonly Entry[]; readonly delta: readonly Entry[] };
  readonly #saved: (id: number) => void;
  bytesAsked = 0;
  readonly ends: (number | "failed")[] = [];

  constructor({ walPosition, epoch, basedOn, full, delta }: Captured, saved: (id: number) => void) {
    this.walPosition = walPosition;
    this.epoch = epoch;
    this.basedOn = basedOn;
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

  done(id: number): void {
    this.ends.push(id);
    this.#saved(id);
  }

  fail(): void {
    this.ends.push("failed");
  }
}
