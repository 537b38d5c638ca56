import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";

const folderOf = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const built = ["checkpoint", "disk", "recovery", "state-snapshot", "wal"];
let directory = "";

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "laminar-readme-"));
  await mkdir(join(directory, "node_modules", "@laminar"), { recursive: true });
  for (const name of built) await symlink(folderOf(name), join(directory, "node_modules", "@laminar", name));
});
afterAll(() => rm(directory, { recursive: true }));

/** The examples of the page, without the one type argument that they have. */
async function examples(page: string): Promise<string[]> {
  const text = await readFile(new URL(page, import.meta.url), "utf8");
  return [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => (match[1] ?? "").replace("<number>", ""));
}

async function run(name: string, example: string): Promise<string> {
  const file = join(directory, `${name}.mjs`);
  await writeFile(file, example);
  await mkdir(join(directory, name), { recursive: true });
  return execFileSync(process.execPath, [file], { cwd: join(directory, name), encoding: "utf8" });
}

it("the README's five lines count on from one run to the next", async () => {
  const [fiveLines = ""] = await examples("../README.md");
  expect([await run("five", fiveLines), await run("five", fiveLines)]).toEqual(["1\n", "2\n"]);
});

it("the README's composition by hand runs, and finds its state again", async () => {
  const [, byHand = ""] = await examples("../README.md");
  expect(await run("hand", byHand)).toMatch(/^Fresh start/);
  expect(await run("hand", byHand)).toMatch(/^Checkpoint 1 at record 2 \(1 key/);
});

it("the root README's five lines run", async () => {
  const [fiveLines = ""] = await examples("../../../README.md");
  expect(await run("root", `${fiveLines}console.log(visits.get("home")); await visits.close();`)).toBe("1\n");
});
