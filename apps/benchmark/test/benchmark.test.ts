import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const program = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const run = (...args: readonly string[]) => spawnSync(process.execPath, [program, ...args], { encoding: "utf8" });

it("measures everything it names, also in tiny sizes, and leaves nothing behind", () => {
  const directory = mkdtempSync(join(tmpdir(), "laminar-bench-test-"));
  const { status, stdout, stderr } = run("--rounds", "2", "--entries", "2000", "--commit-ms", "5", "--dir", directory);
  expect([status, stderr]).toEqual([0, "warming up\nround 1 of 2\nround 2 of 2\n"]);
  const rows = stdout.split("\n").filter((line) => /ns an entry|commits\/s|│ ms/.test(line));
  const names = ["floor: the bytes", "by hand, checksum", "@laminar/wal, standard", "@laminar/wal, own codec", "longest stall"];
  const commits = ["1 committer ", "64 committers", "1024 committers"].flatMap((who) => [`${who}.*by hand, group commit`, `${who}.*@laminar/wal`]);
  expect(rows).toHaveLength(names.length + commits.length);
  [...names, ...commits].forEach((name, i) => expect(rows[i]).toMatch(new RegExp(`${name}.* \\d`)));
  expect(readdirSync(directory)).toEqual([]);
  rmSync(directory, { recursive: true });
});

it("refuses what it can't measure, and says what it takes", () => {
  expect(run("--rounds", "0")).toMatchObject({ status: 2, stderr: expect.stringContaining('a whole number above 0 is wanted, not "0"') });
  expect(run("--nonsense")).toMatchObject({ status: 2, stderr: expect.stringContaining("--commit-ms") });
  expect(run("--help")).toMatchObject({ status: 0, stdout: expect.stringContaining("--commit-ms") });
});
