import type { Clock } from "@laminar/disk";

/** A sync that takes longer, in milliseconds, isn't made on this thread again for a while. */
const QUICK = 0.1;
/** A sync and the trip to another thread that took less may be quick on this one. */
const QUICK_WITH_TRIP = 0.2;
/** So many syncs in a row have to be quick before one is tried on this thread; twice as many after each that wasn't. */
const TRIED_AFTER = 8;
const TRIED_AFTER_MAX = 4096;

/**
 * Whether syncs are made on another thread, as they are on disks that take their time, or at once: where a sync takes next to nothing, the
 * trip there and back takes thirty times as long, and one committer gets a sixth of the commits. A disk that becomes slow holds the event
 * loop for one sync, and then hardly ever again.
 */
export class QuickSyncs {
  readonly #clock: Pick<Clock, "monotonic">;
  #quickInARow = 0;
  #triedAfter = TRIED_AFTER;
  /** Whether the next sync should be made here. */
  areQuick = false;
  /** Milliseconds that the last sync took, until that was known on this thread. */
  lastDuration = 0;

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /** Makes a sync on this thread. */
  here(sync: () => void): undefined {
    const start = this.#clock.monotonic();
    sync();
    this.lastDuration = this.#clock.monotonic() - start;
    if (this.lastDuration > QUICK) this.#slow();
    else this.#triedAfter = TRIED_AFTER;
  }

  /** Waits for a sync that has just begun on another thread. */
  async away(synced: Promise<void>): Promise<void> {
    const start = this.#clock.monotonic();
    await synced;
    this.lastDuration = this.#clock.monotonic() - start;
    this.#quickInARow = this.lastDuration < QUICK_WITH_TRIP ? this.#quickInARow + 1 : 0;
    this.areQuick = this.#quickInARow >= this.#triedAfter;
  }

  #slow(): void {
    this.areQuick = false;
    this.#quickInARow = 0;
    this.#triedAfter = Math.min(2 * this.#triedAfter, TRIED_AFTER_MAX);
  }
}
