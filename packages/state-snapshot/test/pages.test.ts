import { execFileSync } from "node:child_process";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { expect, test } from "vitest";
import { StateDelta } from "../src/index.ts";
import { bytes, encoded, shown } from "./samples.ts";

const page = (name: string): Promise<string> => fs.readFile(new URL(`../${name}`, import.meta.url), "utf8");

test("the worked example of FORMAT.md is the delta that the page says, and is written like that", async () => {
  const hex = /```hex\n([\s\S]*?)```/.exec(await page("FORMAT.md"))?.[1] ?? "";
  const example = Uint8Array.from(hex.trim().split(/\s+/), (byte) => Number.parseInt(byte, 16));
  const delta = StateDelta.fromBytes(example);
  const entries = [[bytes("a"), bytes("1")], [bytes("b"), undefined]] as const;
  expect(shown(delta)).toEqual(shown(entries));
  expect(delta.timestampNs).toBe(1_000_000_000n);
  expect(encoded(entries, { kind: "delta", timestampNs: 1_000_000_000n })).toEqual(example);
});

test("the example of the README runs", async () => {
  const example = /```js\n([\s\S]*?)```/.exec(await page("README.md"))?.[1] ?? "";
  const built = JSON.stringify(new URL("../dist/index.js", import.meta.url).href);
  const directory = await fs.mkdtemp(path.join(os.tmpdir(), "laminar-"));
  try {
    await fs.writeFile(path.join(directory, "example.mjs"), example.replace('"@laminar/state-snapshot"', built));
    expect(execFileSync(process.execPath, ["example.mjs"], { cwd: directory, encoding: "utf8" })).toBe("1 1 12\n");
  } finally {
    await fs.rm(directory, { recursive: true });
  }
});
