import type { CapturedState } from "../src/index.ts";

type Changes = ReadonlyMap<string, string | undefined>;

/** A state of an own kind, as somebody who doesn't use the state store would write it: texts, whole or changed, as JSON. */
export class CountedState {
  readonly now = new Map<string, string>();
  /** How captures ended, in order. */
  readonly ends: string[] = [];
  #changed = new Map<string, string | undefined>();
  #basedOn: unknown;

  set(key: string, value: string | undefined): void {
    if (value === undefined) this.now.delete(key);
    else this.now.set(key, value);
    this.#changed.set(key, value);
  }

  capture(): CapturedState {
    const whole = new Map(this.now);
    const changes = this.#changed;
    const basedOn = this.#basedOn;
    this.#changed = new Map();
    let isOver = false;
    return {
      basedOn,
      keyCount: whole.size,
      bytes: (kind) => chunksOf(kind === "full" ? whole : changes),
      done: (checkpoint) => {
        isOver = true;
        this.#basedOn = checkpoint;
        this.ends.push(`done ${checkpoint.id}`);
      },
      fail: () => {
        if (isOver) throw new Error("a capture ends once");
        isOver = true;
        this.#changed = new Map([...changes, ...this.#changed]);
        this.ends.push("failed");
      },
    };
  }
}

function chunksOf(entries: Changes): Uint8Array[] {
  return [...entries].map(([key, value]) => new TextEncoder().encode(`${JSON.stringify([key, value ?? null])}\n`));
}

/** Puts parts of a chain together, oldest first. */
export async function restored(parts: Iterable<AsyncIterable<Uint8Array>>): Promise<Map<string, string>> {
  const state = new Map<string, string>();
  for (const part of parts) {
    for (const line of (await textOf(part)).split("\n").slice(0, -1)) {
      const [key, value] = JSON.parse(line) as [string, string | null];
      if (value === null) state.delete(key);
      else state.set(key, value);
    }
  }
  return state;
}

/** `merge` for these states. */
export async function* mergeTexts(parts: readonly AsyncIterable<Uint8Array>[]): AsyncGenerator<Uint8Array> {
  yield* chunksOf(await restored(parts));
}

export async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of chunks) text += new TextDecoder().decode(chunk);
  return text;
}
