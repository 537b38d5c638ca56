import { execFileSync } from "node:child_process";
import * as fs from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { scratch } from "./scratch.ts";

const readme = await fs.readFile(new URL("../README.md", import.meta.url), "utf8");

it("runs the example of the README", async () => {
  const directory = await scratch();
  const example = /```js\n(.*?)```/s.exec(readme)?.[1] ?? "";
  const built = (name: string): string => JSON.stringify(new URL(`../dist/${name}.js`, import.meta.url).href);
  const program = example
    .replace('"@laminar/disk"', built("index"))
    .replace('"@laminar/disk/checksum"', built("checksum"));
  await fs.writeFile(join(directory, "example.mjs"), program);
  const output = execFileSync(process.execPath, ["example.mjs"], { cwd: directory, encoding: "utf8" });
  expect(output).toBe("true\n");
  expect(await fs.readFile(join(directory, "data", "greetings", "greeting"), "utf8")).toBe("hello");
});

it("runs the example of the page about testing, which finds what it says", async () => {
  const page = await fs.readFile(new URL("../TESTING.md", import.meta.url), "utf8");
  const [, example = "", found = ""] = /```js\n(.*?)```.*?```text\n(.*?)```/s.exec(page) ?? [];
  const directory = await scratch();
  const run = async (program: string): Promise<string> => {
    await fs.writeFile(join(directory, "example.mjs"), program.replace('"@laminar/disk/testing"', JSON.stringify(new URL("../dist/testing/index.js", import.meta.url).href)));
    return execFileSync(process.execPath, ["example.mjs"], { cwd: directory, encoding: "utf8" });
  };
  expect(await run(example)).toBe(found);
  expect(await run(example.replace('tell("saved");', 'await disk.syncDirectory("/");\ntell("saved");'))).toBe("undefined\n");
  // From the first step to the judge.
  expect(example.split("\n").filter((line) => line.trim() !== "").length).toBeLessThanOrEqual(26);
});

it("explains every error code in the README, and none that doesn't exist", async () => {
  const source = await fs.readFile(new URL("../src/disk-error.ts", import.meta.url), "utf8");
  const declared = [...source.matchAll(/\| "(DISK_\w+)"/g)].map((match) => match[1]);
  const explained = [...readme.matchAll(/^\| `(DISK_\w+)`/gm)].map((match) => match[1]);
  expect(explained).toEqual(declared);
});
