import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Door } from "../src/hostile/doors.ts";
import type { Place } from "../src/hostile/places.ts";
import { type HostileThings, prepareThings } from "../src/hostile/things.ts";
import { casesOf, judgeCases, stageIn } from "../src/rows/15-hostile-names.ts";

let scratch = "";
let things: HostileThings;
beforeEach(async () => {
  scratch = mkdtempSync(join(tmpdir(), "laminar-proof-"));
  things = await prepareThings(scratch);
});
afterEach(() => {
  things.close();
  rmSync(scratch, { recursive: true });
});

const HEAD: Place = { path: "log/anything", exists: false, isStart: false };
const LINKS: ReadonlySet<string> = new Set(["a link to a file", "a link to nowhere"]);

async function violationsOf(door: Door): Promise<string> {
  const stage = await stageIn(scratch, things.outside, [door]);
  const links = things.all.filter(({ name }) => LINKS.has(name));
  const { reached, violations } = await judgeCases(casesOf(links, [HEAD], [door]), stage);
  expect(reached).toBe(LINKS.size);
  return violations.join("\n");
}

it("finds a door that writes through a link", async () => {
  const open = async (directory: string): Promise<string> => {
    writeFileSync(join(directory, "log", "anything"), "anything");
    return "";
  };
  const violations = await violationsOf({ name: "writer", writes: true, open });
  for (const found of ["a link to a file at log/anything, writer: outside was touched: precious", "a link to nowhere at log/anything, writer: outside was touched: new"]) expect(violations).toContain(found);
});

it("finds an error without a code, and a result that is wrong", async () => {
  let opened = 0;
  const open = async (directory: string): Promise<string> => (opened++ === 0 ? "expected" : readFileSync(join(directory, "log", "anything"), "utf8"));
  const violations = await violationsOf({ name: "reader", writes: false, open });
  for (const found of ["it found precious instead of expected", "ENOENT"]) expect(violations).toContain(found);
});

it("finds a message that names no place", async () => {
  let opened = 0;
  const open = async (): Promise<string> => {
    if (opened++ === 0) return "expected";
    throw Object.assign(new Error("no"), { code: "WAL_IO" });
  };
  expect(await violationsOf({ name: "mute", writes: false, open })).toContain("its message names no path: no");
});
