import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { describe, test } from "vitest";
import { nodeDisk } from "../src/node-disk.ts";
import { platformRules } from "../src/platform.ts";
import { createSimulatedDisk, diskConformance } from "../src/testing/index.ts";

describe("the simulated disk", () => {
  diskConformance({
    test,
    create: async () => {
      const disk = createSimulatedDisk();
      await disk.makeDirectory("/work");
      return { disk, directory: "/work", passTime: (milliseconds) => disk.advance(milliseconds), dispose: async () => undefined };
    },
  });
});

describe("a simulated disk that was mounted from an image", () => {
  diskConformance({
    test,
    create: async () => {
      const before = createSimulatedDisk();
      await before.makeDirectory("/work");
      const disk = before.killed().mount();
      return { disk, directory: "/work", passTime: (milliseconds) => disk.advance(milliseconds), dispose: async () => undefined };
    },
  });
});

describe("the disk of Node.js", () => {
  diskConformance({
    test,
    replacesDirectories: platformRules(process.platform).replacesDirectories,
    create: async () => {
      const directory = await fs.mkdtemp(path.join(os.tmpdir(), "laminar-"));
      return { disk: nodeDisk, directory, dispose: () => fs.rm(directory, { recursive: true }) };
    },
  });
});
