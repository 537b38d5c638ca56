import type { ProgramStep } from "./stubborn-program.ts";

const put = (key: string, length: number): { readonly key: string; readonly length: number } => ({ key, length });
const remove = (key: string): { readonly key: string } => ({ key });

/** Lives one after the other, which use every part of the stack put together by hand, with rotations of its log in between. */
export const BY_HAND: readonly (readonly ProgramStep[])[] = [
  [
    { do: "open", maxRetained: 1, maxChainLength: 3 },
    { do: "commit", changes: [put("k0", 12), put("k1", 3)] },
    { do: "two syncs", changes: [put("k2", 40)] },
    { do: "full" },
    { do: "group", commits: [[put("k3", 600)], [remove("k1")], [put("k4", 600)]] },
    { do: "delta" },
    { do: "unawaited", changes: [put("k5", 3)] },
    { do: "commit", changes: [put("k3", 0)] },
  ],
  [
    { do: "open", maxRetained: 1, maxChainLength: 3 },
    { do: "fence", changes: [put("k0", 40)] },
    { do: "compact" },
    { do: "stray", changes: [put("k1", 40)] },
  ],
  [
    { do: "open", maxRetained: 2, maxChainLength: 1 },
    { do: "commit", changes: [put("k0", 600), put("k1", 600)] },
    { do: "wait", milliseconds: 1000 },
    { do: "commit", changes: [remove("k0")] },
    { do: "truncate" },
    { do: "full" },
    { do: "clean-up", keep: 1 },
  ],
];

/** The same for the durable state: commits, updates, what is rolled back or never committed, checkpoints when asked and by themselves. */
export const DURABLE_STATE: readonly (readonly ProgramStep[])[] = [
  [
    { do: "open", maxRetained: 1, maxChainLength: 2 },
    { do: "commit", changes: [put("k0", 12), put("k1", 3)] },
    { do: "full" },
    { do: "two syncs", changes: [put("k2", 600)] },
    { do: "group", commits: [[put("k3", 600)], [remove("k1")], [put("k4", 12)]] },
    { do: "delta" },
    { do: "fence", changes: [put("k0", 40)] },
    { do: "stray", changes: [put("k5", 40)] },
  ],
  [
    { do: "open", maxRetained: 1, maxChainLength: 2 },
    { do: "unawaited", changes: [put("k5", 3)] },
    { do: "wait", milliseconds: 1000 },
    { do: "commit", changes: [put("k0", 600)] },
    { do: "commit", changes: [remove("k0")] },
  ],
];
