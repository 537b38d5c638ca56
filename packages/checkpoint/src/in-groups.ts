/** Each waits for a disk or a network, and holds a handle meanwhile. */
const GROUP = 16;

/** What `ask` gives for each of `items`, in their order; some are asked about at the same time. Nothing is under way any more when it settles, also when one fails. */
export async function inGroups<T, R>(items: readonly T[], ask: (item: T) => Promise<R>): Promise<readonly R[]> {
  const answers: R[] = [];
  for (let at = 0; at < items.length; at += GROUP) {
    const group = await Promise.allSettled(items.slice(at, at + GROUP).map(ask));
    for (const answer of group) {
      if (answer.status === "rejected") throw answer.reason;
      answers.push(answer.value);
    }
  }
  return answers;
}
