import { expect, it } from "vitest";
import { repositoryFiles, textOf } from "../sources.mjs";

// The unions, as the packages export them.
const declared = repositoryFiles()
  .filter((file) => /^packages\/[^/]+\/src\/(core\/)?[a-z]+-error\.ts$/.test(file))
  .flatMap((file) => {
    const union = /export type \w+ErrorCode =([^;]+);/.exec(textOf(file))?.[1] ?? "";
    const readme = `${file.slice(0, file.indexOf("/src/"))}/README.md`;
    return [...union.matchAll(/"([A-Z_]+)"/g)].map(([, code = ""]) => ({ code, readme }));
  });

/** @param {string} page @param {RegExp} mention */
const named = (page, mention) => [...textOf(page).matchAll(mention)].map(([, code = ""]) => code).sort();
const codes = declared.map(({ code }) => code).sort();

it("the guide to operating says of every error code what it asks for, once, and of none that doesn't exist", () => {
  const text = textOf("docs/guides/operating.md");
  const table = text.slice(text.indexOf("## What each error asks of you"));
  const inTable = [...table.matchAll(/`((?:WAL|CHECKPOINT|SNAPSHOT|RECOVERY|DISK)_[A-Z_]+)`/g)].map(([, code = ""]) => code).sort();
  console.log(`${codes.length} error codes`);
  expect(codes.length).toBeGreaterThan(50);
  expect(inTable).toEqual(codes);
});

it.each([...new Set(declared.map(({ readme }) => readme))])("%s has a line for each of its package's codes", (readme) => {
  expect(named(readme, /^\| `([A-Z_]+)`/gm)).toEqual(declared.filter((one) => one.readme === readme).map(({ code }) => code).sort());
});
