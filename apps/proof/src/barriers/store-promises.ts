/** What the checkpoints' store tells of itself: what was begun, and how it ended. */
export type StoreTold =
  /** At opening. From here on that is there for good. */
  | { readonly listed: readonly number[]; readonly highestId: number }
  | { readonly publishing: number }
  | { readonly published: number }
  | { readonly notPublished: number }
  | { readonly withdrawing: readonly number[] }
  | { readonly withdrawn: readonly number[] }
  | { readonly notWithdrawn: readonly number[] }
  /** A call of the disk failed. */
  | { readonly fault: string };

/** What a crash left of the checkpoints. */
export interface FoundCheckpoints {
  readonly ids: readonly number[];
  readonly damaged: readonly number[];
  readonly highestId: number;
}

/** What an owner of the store may rely on, as it goes on. */
class Expected {
  readonly there = new Set<number>();
  /** There or not: what is under way. */
  readonly either = new Set<number>();
  highestId = 0;
  /** A sync of the call that is under way failed: what it covered may never become durable, whatever later syncs say. */
  #isDoubtful = false;

  take(event: StoreTold): void {
    if ("fault" in event) this.#isDoubtful = true;
    else if ("listed" in event) this.#begin(event.listed, event.highestId);
    else if ("publishing" in event) this.either.add(event.publishing);
    else if ("withdrawing" in event) this.#begins(event.withdrawing);
    else this.#settle(event);
  }

  #begins(withdrawing: readonly number[]): void {
    for (const id of withdrawing) {
      this.there.delete(id);
      this.either.add(id);
    }
  }

  #settle(event: Extract<StoreTold, { published: unknown } | { notPublished: unknown } | { withdrawn: unknown } | { notWithdrawn: unknown }>): void {
    this.#isDoubtful = false;
    if ("published" in event) {
      this.there.add(event.published);
      this.highestId = Math.max(this.highestId, event.published);
    }
    const decided = "published" in event ? [event.published] : "notPublished" in event ? [event.notPublished] : "withdrawn" in event ? event.withdrawn : [];
    for (const id of decided) this.either.delete(id);
  }

  #begin(listed: readonly number[], highestId: number): void {
    // After a failed sync that its own call didn't live to undo, nobody knows what is durable.
    if (this.#isDoubtful) return;
    this.either.clear();
    for (const id of listed) this.there.add(id);
    this.highestId = Math.max(this.highestId, highestId);
  }
}

/** What is wrong with finding these after what was told; `undefined` when nothing is. */
export function judgeCheckpoints({ ids, damaged, highestId }: FoundCheckpoints, told: readonly StoreTold[]): string | undefined {
  const expected = new Expected();
  for (const event of told) expected.take(event);
  const { there, either } = expected;
  const lost = [...there].find((id) => !ids.includes(id));
  if (lost !== undefined) return `checkpoint ${lost} is lost, and was there for good`;
  const again = ids.find((id) => !there.has(id) && !either.has(id));
  if (again !== undefined) return `checkpoint ${again} is there, and was withdrawn or never published`;
  if (damaged.length > 0) return `checkpoint ${damaged[0]} is torn`;
  return highestId < expected.highestId ? `the id ${expected.highestId} would be given again, the highest name is ${highestId}` : undefined;
}
