import { describe, expect, test } from "vitest";
import { findBreaches, ruleBroken } from "../arrow-rules.mjs";
import { importsOf, literalsOf } from "../sources.mjs";

/** @param {string} file @param {string} text */
const rulesBroken = (file, text) => importsOf(file, text).map((found) => ruleBroken(file, found));

describe("an import that goes where it may not", () => {
  test.each([
    ["packages/wal/src/log.ts", `import { open } from "node:fs/promises";`, "only packages/disk imports the file system"],
    ["packages/wal/src/log.ts", `import fs from "fs";`, "only packages/disk imports the file system"],
    ["packages/wal/src/log.ts", `const fs = process.getBuiltinModule("fs");`, "only packages/disk imports the file system"],
    ["packages/wal/src/log.ts", `const fs = require("node:fs");`, "only packages/disk imports the file system"],
    ["packages/checkpoint/src/store.ts", `export * from "fs";`, "only packages/disk imports the file system"],
    ["packages/wal/src/log.ts", `import { recover } from "@laminar/recovery";`, "packages/wal may import @laminar/disk,"],
    ["packages/disk/src/disk.ts", `import type { Lsn } from "@laminar/wal";`, "packages/disk may import crc-32"],
    ["packages/disk/src/disk.ts", `export type L = import("@laminar/wal").Lsn;`, "packages/disk may import crc-32"],
    ["packages/checkpoint/src/store.ts", `export const wal = await import("@laminar/wal");`, "packages/checkpoint may import"],
    [
      "packages/state-snapshot/src/state.ts",
      `import { nodeDisk } from "@laminar/disk";`,
      "packages/state-snapshot may import @laminar/disk/arguments, @laminar/disk/checksum",
    ],
    ["packages/wal/src/codec.ts", `import { pack } from "msgpackr";`, "msgpackr is imported as"],
    ["packages/wal/src/log.ts", `import { crc32 } from "../../disk/src/checksum.ts";`, "a relative import stays in its package"],
    ["packages/wal/src/log.ts", `import { model } from "./testing/model.ts";`, "only src/testing imports src/testing"],
    ["packages/wal/src/log.ts", `import { simulatedDisk } from "@laminar/disk/testing";`, "packages/wal may import"],
    ["packages/wal/src/log.ts", `export const load = (name: string) => import(name);`, "what is imported stands in the source"],
    ["packages/recovery/src/core/recover.ts", `import { openWal } from "@laminar/wal";`, "as types only"],
    ["packages/recovery/src/core/recover.ts", `import { type Lsn } from "@laminar/wal";`, "as types only"],
    ["packages/recovery/src/core/recover.ts", `export * from "@laminar/wal";`, "as types only"],
    ["packages/recovery/src/core/recover.ts", `import { open } from "../open.ts";`, "at run time from outside it"],
    ["packages/recovery/src/core/recover.ts", `import { join } from "node:path";`, "nothing at run time"],
    ["packages/novelty/src/index.ts", `import "./a.ts";`, "packages/novelty has no rank"],
    [
      "apps/demo/src/main.ts",
      `import { openWal } from "../../../packages/wal/src/index.ts";`,
      "a relative import stays in its package",
    ],
  ])("in %s is a breach: %s", (file, text, rule) => {
    expect(rulesBroken(file, text)).toEqual([expect.stringContaining(rule)]);
  });
});

describe("an import that goes down", () => {
  test.each([
    ["packages/disk/src/node-disk.ts", `import { open } from "node:fs/promises";`],
    ["packages/wal/src/log.ts", `import { nodeDisk } from "@laminar/disk"; import { crc32 } from "@laminar/disk/checksum";`],
    ["packages/wal/src/codec.ts", `import { pack } from "msgpackr/pack"; import { unpack } from "msgpackr/unpack";`],
    [
      "packages/wal/src/testing/suite.ts",
      `import { simulatedDisk } from "@laminar/disk/testing"; import { log } from "../log.ts";`,
    ],
    ["packages/state-snapshot/src/state.ts", `import { crc32 } from "@laminar/disk/checksum";`],
    ["packages/recovery/src/core/recover.ts", `import type { Lsn } from "@laminar/wal"; import { plan } from "./plan.ts";`],
    ["packages/recovery/src/front-door.ts", `import { openWal } from "@laminar/wal"; import { recover } from "./core/index.ts";`],
    ["apps/demo/src/main.ts", `import { readFile } from "node:fs/promises"; import { openWal } from "@laminar/wal";`],
  ])("in %s is none", (file, text) => {
    expect(rulesBroken(file, text).filter((rule) => rule !== undefined)).toEqual([]);
  });
});

describe("imports and manifest", () => {
  /** @param {string} text @param {Record<string, string>} dependencies */
  const breaches = (text, dependencies) => {
    const file = "packages/wal/src/log.ts";
    const modules = [{ file, imports: importsOf(file, text), literals: literalsOf(file, text) }];
    return findBreaches(modules, new Map([["packages/wal", { name: "@laminar/wal", dependencies }]]));
  };
  const text = `\nimport { crc32 } from "@laminar/disk/checksum";`;

  test("agree when each package imported is declared and each one declared is imported", () => {
    expect(breaches(text, { "@laminar/disk": "workspace:^" })).toEqual([]);
  });

  test("disagree when an imported package isn't declared, and the line is named", () => {
    expect(breaches(text, {})).toEqual([
      { place: "packages/wal/src/log.ts:2", rule: expect.stringContaining("not among the dependencies") },
    ]);
  });

  test("disagree when nothing imports a declared package", () => {
    const found = breaches(text, { "@laminar/disk": "workspace:^", msgpackr: "^2" });
    expect(found).toEqual([{ place: "packages/wal/package.json", rule: expect.stringContaining(`"msgpackr"`) }]);
  });
});

test("a file that doesn't parse is an error, not a file without imports", () => {
  expect(() => importsOf("packages/wal/src/log.ts", "import { from")).toThrow(/packages\/wal\/src\/log\.ts/);
});
