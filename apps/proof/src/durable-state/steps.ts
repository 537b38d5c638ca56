import type { Change, Opening } from "../whole-stack/steps.ts";

export type DurableStep =
  | Opening
  | { readonly do: "commit" | "update" | "commit while opened again"; readonly changes: readonly Change[] }
  /** Changes that are staged and dropped. */
  | { readonly do: "roll back"; readonly changes: readonly Change[] }
  /** Several commits in one turn; a checkpoint among them. */
  | { readonly do: "commit together"; readonly commits: readonly (readonly Change[])[]; readonly withCheckpoint: boolean }
  | { readonly do: "checkpoint" }
  /** A commit after the interval, at which a checkpoint begins in the background. */
  | { readonly do: "commit in time"; readonly changes: readonly Change[] };

const KEYS = 7;
const LENGTHS = [0, 3, 3, 12, 12, 40, 600];

export function durableStepsOf(random: () => number, count: number): readonly DurableStep[] {
  const whole = (below: number): number => Math.floor(random() * below);
  const change = (): Change => ({ key: `k${whole(KEYS)}`, length: random() < 0.2 ? undefined : LENGTHS[whole(LENGTHS.length)] });
  const changes = (most: number): Change[] => Array.from({ length: 1 + whole(most) }, change);
  const opening = (): Opening => ({ do: "open", maxRetained: 1 + whole(2), maxChainLength: 1 + whole(3) });
  const steps: DurableStep[] = [opening()];
  while (steps.length < count) {
    const choice = random();
    if (choice < 0.3) steps.push({ do: "commit", changes: changes(3) });
    else if (choice < 0.42) steps.push({ do: "update", changes: changes(2) });
    else if (choice < 0.57) steps.push({ do: "commit together", commits: [changes(2), changes(1), changes(2)].slice(whole(2)), withCheckpoint: random() < 0.3 });
    else if (choice < 0.62) steps.push({ do: "roll back", changes: changes(2) });
    else if (choice < 0.78) steps.push({ do: "checkpoint" });
    else if (choice < 0.9) steps.push({ do: "commit in time", changes: changes(2) });
    else if (choice < 0.95) steps.push({ do: "commit while opened again", changes: changes(2) });
    else steps.push(opening());
  }
  return steps;
}
