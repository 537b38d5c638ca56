/** Keys and new values; a value of `undefined` (or none, once it was written as JSON) deletes. */
export interface Change {
  readonly key: string;
  /** Characters of the new value, 0 or more; `undefined` deletes. */
  readonly length?: number | undefined;
}

/** How a session is opened: how many chains are kept, and how long one gets. */
export interface Opening {
  readonly do: "open";
  readonly maxRetained: number;
  readonly maxChainLength: number;
}

export type Step =
  | Opening
  /** A commit, waited for. */
  | { readonly do: "commit"; readonly changes: readonly Change[] }
  /** A commit whose records are on disk before it. */
  | { readonly do: "two syncs"; readonly changes: readonly Change[] }
  /** Several commits at once, which share syncs. */
  | { readonly do: "group"; readonly commits: readonly (readonly Change[])[] }
  /** A commit that isn't waited for until the next step but one, or the end. */
  | { readonly do: "unawaited"; readonly changes: readonly Change[] }
  /** Records that no commit covers, taken out of use. */
  | { readonly do: "fence"; readonly changes: readonly Change[] }
  /** Records that no commit covers, and a new session. */
  | { readonly do: "stray"; readonly changes: readonly Change[] }
  | { readonly do: "full" | "delta" | "compact" | "truncate" | "delete newest" }
  | { readonly do: "clean-up"; readonly keep: number };

const KEYS = 6;
const LENGTHS = [0, 3, 3, 12, 12, 40, 600];

/** The steps of one life. What is committed depends on the steps before it alone, so that equal lives leave equal bytes. */
export function stepsOf(random: () => number, count: number): readonly Step[] {
  const whole = (below: number): number => Math.floor(random() * below);
  const change = (): Change => ({ key: `k${whole(KEYS)}`, length: random() < 0.2 ? undefined : LENGTHS[whole(LENGTHS.length)] });
  const changes = (most: number): Change[] => Array.from({ length: 1 + whole(most) }, change);
  let opening: Opening = { do: "open", maxRetained: 1 + whole(2), maxChainLength: 1 + whole(3) };
  let chain = 0;
  const checkpoint = (): Step => {
    const isFull = chain === 0;
    chain = (chain + 1) % opening.maxChainLength;
    return { do: isFull ? "full" : "delta" };
  };
  const steps: Step[] = [opening];
  while (steps.length < count) {
    const choice = random();
    if (choice < 0.28) steps.push({ do: "commit", changes: changes(3) });
    else if (choice < 0.34) steps.push({ do: "two syncs", changes: changes(2) });
    else if (choice < 0.44) steps.push({ do: "group", commits: [changes(2), changes(1), changes(1)].slice(0, 2 + whole(2)) });
    else if (choice < 0.5) steps.push({ do: "unawaited", changes: changes(2) });
    else if (choice < 0.56) steps.push({ do: "fence", changes: changes(2) });
    else if (choice < 0.6) steps.push({ do: "stray", changes: changes(2) });
    else if (choice < 0.82) steps.push(checkpoint());
    else if (choice < 0.86) {
      steps.push({ do: "compact" });
      chain = 1 % opening.maxChainLength;
    } else if (choice < 0.9) steps.push({ do: "truncate" });
    else if (choice < 0.93) steps.push({ do: "clean-up", keep: 1 });
    else {
      opening = { do: "open", maxRetained: 1 + whole(2), maxChainLength: 1 + whole(3) };
      chain = 0;
      steps.push(opening);
    }
  }
  return steps;
}
