import { Choices } from "../random.ts";
import type { Asked } from "./recoveries.ts";

/** A value of `undefined` (or none) deletes. */
export interface ModelChange {
  readonly key: string;
  readonly value?: string | undefined;
}

export interface Said {
  readonly offsets: ReadonlyMap<string, bigint>;
  readonly watermark: bigint | undefined;
}

/** What is done; shares are of what there is at that moment, so that a step means something whatever came before it. */
export type ModelStep =
  | ({ readonly do: "change" } & ModelChange)
  | { readonly do: "look"; readonly key: string }
  | { readonly do: "look at all" | "roll back" | "checkpoint" | "upkeep" | "let time pass" | "open again" | "follow" }
  | { readonly do: "commit"; readonly said: Said }
  | { readonly do: "group"; readonly changes: readonly ModelChange[]; readonly said: Said; readonly fails: boolean }
  | { readonly do: "at once"; readonly groups: readonly (readonly ModelChange[])[]; readonly said: Said }
  | { readonly do: "read"; readonly share: number }
  | { readonly do: "recover"; readonly asked: Asked }
  | { readonly do: "go back"; readonly share: number };

const KEYS = ["a", "b", "c", "d", "é", ""];
const SOURCES = ["events", "\ufeffevents", "other"];

export function modelStepsOf(seed: number, count: number): readonly ModelStep[] {
  const choices = new Choices(seed);
  let number = 0;
  const change = (): ModelChange => {
    const key = choices.one(KEYS);
    return choices.chance(0.3) ? { key } : { key, value: `${++number}${"x".repeat(choices.one([0, 0, 3, 90]))}` };
  };
  const changes = (most: number): readonly ModelChange[] => Array.from({ length: choices.whole(most + 1) }, change);
  const said = (): Said => ({
    offsets: new Map(Array.from({ length: choices.whole(3) }, () => [choices.one(SOURCES), BigInt(choices.whole(50))] as const)),
    watermark: choices.chance(0.6) ? BigInt(choices.whole(60)) : undefined,
  });
  const share = (): number => choices.random();
  const asked = (): Asked => (choices.chance(0.3) ? { kind: "all" } : { kind: choices.one(["lsn", "watermark", "entries"] as const), share: share() });
  const likely: readonly (readonly [number, () => ModelStep])[] = [
    [33, () => ({ do: "change", ...change() })],
    [32, () => ({ do: "look", key: choices.one(KEYS) })],
    [8, () => ({ do: "look at all" })],
    [12, () => ({ do: "commit", said: said() })],
    [6, () => ({ do: "group", changes: changes(3), said: said(), fails: choices.chance(0.15) })],
    [3, () => ({ do: "at once", groups: [changes(2), changes(1), changes(2)], said: said() })],
    [2, () => ({ do: "roll back" })],
    [2, () => ({ do: "read", share: share() })],
    [1, () => ({ do: "follow" })],
    [1, () => ({ do: "checkpoint" })],
    [0.5, () => ({ do: "upkeep" })],
    [0.8, () => ({ do: "let time pass" })],
    [1, () => ({ do: "recover", asked: asked() })],
    [0.8, () => ({ do: "open again" })],
    [0.3, () => ({ do: "go back", share: share() })],
  ];
  const total = likely.reduce((sum, [weight]) => sum + weight, 0);
  return Array.from({ length: count }, () => {
    let left = choices.random() * total;
    for (const [weight, make] of likely) if ((left -= weight) < 0) return make();
    return { do: "look at all" };
  });
}
