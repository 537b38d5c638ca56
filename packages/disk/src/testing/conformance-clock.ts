import { deepStrictEqual, ok } from "node:assert/strict";
import type { Declare, DiskUnderTest } from "./conformance.ts";

export function clockConformance(declare: Declare): void {
  declare("a timer fires once, when its time has passed", async ({ clock }, _, given) => {
    const start = clock.monotonic();
    let fired = 0;
    clock.after(2, () => (fired += 1));
    await pass(given, 5);
    deepStrictEqual(fired, 1);
    await pass(given, 5);
    deepStrictEqual(fired, 1);
    // Timers of a platform count whole milliseconds of another clock, and may be early by a part of one.
    ok(clock.monotonic() - start > 8);
  });

  declare("a timer that is called off doesn't fire, and may be called off again", async ({ clock }, _, given) => {
    const fired: string[] = [];
    const stopFirst = clock.after(1, () => fired.push("first"));
    const stopSecond = clock.after(1, () => fired.push("second"));
    stopFirst();
    stopFirst();
    await pass(given, 5);
    stopSecond();
    deepStrictEqual(fired, ["second"]);
  });

  declare("the clocks say numbers, and intervals don't go back", async ({ clock }, _, given) => {
    ok(Number.isFinite(clock.now()));
    let last = clock.monotonic();
    for (let round = 0; round < 3; round++) {
      await pass(given, 1);
      ok(clock.monotonic() >= last);
      last = clock.monotonic();
    }
  });
}

/** Waits by a timer of the clock itself, while something else keeps the program alive. */
async function pass({ disk, passTime }: DiskUnderTest, milliseconds: number): Promise<void> {
  const alive = setInterval(() => undefined, 1000);
  const passed = new Promise<void>((resolve) => disk.clock.after(milliseconds, resolve));
  passTime?.(milliseconds);
  await passed;
  clearInterval(alive);
}
