import type { Disk } from "@laminar/disk";
import { createSimulatedDisk } from "@laminar/disk/testing";
import { describe, expect, it } from "vitest";
import { openCheckpointManager, openCheckpointReader } from "../src/index.ts";

const directory = "/c";
const state = new Uint8Array(100).fill(1);

describe("a survey beside a manager", () => {
  it.each([1, 2, 5])("finds what took the place of what it listed, also when it is overtaken %i times in a row", async (times) => {
    const disk = createSimulatedDisk();
    const manager = await openCheckpointManager({ directory, disk, maxRetained: 1, incremental: false });
    await manager.create({ walPosition: 0, state });
    let overtaken = 0;
    const reading = disk.anotherProcess();
    const list: Disk["list"] = async (path) => {
      const listing = await reading.list(path);
      if (overtaken++ < times) await manager.create({ walPosition: overtaken, state });
      return listing;
    };
    const slow = new Proxy<Disk>(reading, {
      get(target, name) {
        if (name === "list") return list;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const { exists, checkpoints } = await openCheckpointReader(directory, { disk: slow }).survey();
    expect({ exists, found: checkpoints.map(({ id, metadata }) => [id, metadata?.walPosition]) }).toEqual({ exists: true, found: [[times + 1, times]] });
    await manager.close();
  });
});
