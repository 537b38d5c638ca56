import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const readme = async (): Promise<string[]> => {
  const page = await readFile(new URL("../README.md", import.meta.url), "utf8");
  return [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");
};

const folderOf = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));

it("the examples of the README run", async () => {
  const directory = await mkdtemp(join(tmpdir(), "laminar-readme-"));
  try {
    await mkdir(join(directory, "node_modules", "@laminar"), { recursive: true });
    for (const name of ["checkpoint", "state-snapshot"]) await symlink(folderOf(name), join(directory, "node_modules", "@laminar", name));
    const printed: string[] = [];
    for (const [number, example] of (await readme()).entries()) {
      const cwd = join(directory, `${number}`);
      await mkdir(cwd);
      await writeFile(join(directory, `${number}.mjs`), example);
      printed.push(execFileSync(process.execPath, [join(directory, `${number}.mjs`)], { cwd, encoding: "utf8" }));
    }
    expect(printed[0]).toBe("everything up to record 0");
    expect(printed[1]).toBe("delta 2\n");
    expect(printed[2]).toMatch(/# fail 0/);
  } finally {
    await rm(directory, { recursive: true });
  }
});
