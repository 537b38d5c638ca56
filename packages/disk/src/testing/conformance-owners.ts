import { deepStrictEqual, notStrictEqual, ok } from "node:assert/strict";
import { join } from "node:path";
import type { Declare } from "./conformance.ts";
import { listing } from "./conformance-assertions.ts";

export function ownersConformance(declare: Declare): void {
  declare("every identity is new and a valid file name", async (disk, directory) => {
    const first = await disk.owners.identify(directory);
    const second = await disk.owners.identify(directory);
    notStrictEqual(first, second);
    for (const identity of [first, second]) await (await disk.create(join(directory, identity))).close();
    deepStrictEqual(await listing(disk, directory), [`file ${first}`, `file ${second}`].sort());
  });

  declare("nothing is proved of an identity that can't be read", async (disk, directory) => {
    const self = await disk.owners.identify(directory);
    deepStrictEqual(await disk.owners.judge("somebody", self), "unknown");
  });

  declare("the platform's lock is free again once it was freed", async (disk, directory) => {
    for (let round = 0; round < 2; round++) {
      const free = await disk.owners.takeKernelLock(directory);
      ok(free !== undefined);
      await free();
    }
  });
}
