/**
 * The fewest `items`, in their order, that still fail: halves, then smaller parts, are left out for as long as `fails` says yes
 * (delta debugging, Zeller and Hildebrandt 2002). No single one of those that are left can go.
 */
export async function shrink<T>(items: readonly T[], fails: (fewer: readonly T[]) => Promise<boolean>): Promise<readonly T[]> {
  let kept = items;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    kept = await withoutParts(kept, size, fails);
  }
  return kept;
}

/** Leaves out parts of `size`, from the end, as long as one goes: what comes last is needed least. */
async function withoutParts<T>(items: readonly T[], size: number, fails: (fewer: readonly T[]) => Promise<boolean>): Promise<readonly T[]> {
  let kept = items;
  for (let end = kept.length; end > 0; ) {
    const start = Math.max(0, end - size);
    const fewer = [...kept.slice(0, start), ...kept.slice(end)];
    const failed = await fails(fewer);
    if (failed) kept = fewer;
    // What was in vain before may go now.
    end = failed && size === 1 ? kept.length : start;
  }
  return kept;
}
