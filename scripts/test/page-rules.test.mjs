import { expect, test } from "vitest";
import { anchorsOf, commandFindings, linkFindings } from "../page-rules.mjs";

test("a relative link that leads nowhere is found, one in a code block or to a site isn't followed", () => {
  const exists = (/** @type {string} */ path) => path === "packages/wal/FORMAT.md";
  const page = "[a](FORMAT.md#head)\n[b](https://example.com/x)\n```\n[c](no.md)\n```\n[d](../no.md)\n";
  expect(linkFindings("packages/wal/README.md", page, exists, () => "# Head\n")).toEqual([
    "packages/wal/README.md:6  the link to ../no.md leads nowhere",
  ]);
});

test("an anchor that its page doesn't have is found, of the same page and of another", () => {
  const page = "# Here\n[a](#here)\n[b](#there)\n[c](other.md#one)\n[d](other.md#two)\n";
  const read = (/** @type {string} */ path) => (path === "docs/page.md" ? page : "# One\n");
  expect(linkFindings("docs/page.md", page, () => true, read)).toEqual([
    "docs/page.md:3  docs/page.md has no heading for #there",
    "docs/page.md:5  docs/other.md has no heading for #two",
  ]);
});

test("anchors are named as GitHub names them", () => {
  const page = "# What's `new`, and old?\n## Again\n## Again\n```\n# not one\n```\n## [A link](x.md)\n";
  expect([...anchorsOf(page)]).toEqual(["whats-new-and-old", "again", "again-1", "a-link"]);
});

test("commands that don't exist are found, in code and not in prose", () => {
  const cli = new Map([["@laminar/wal", 'case "verify": case "dump":']]);
  const page =
    "pnpm comes through npx\n`pnpm bench`\n`npx --yes pnpm@12 gone`\n```sh\nnpx @laminar/wal verify x\nnpx @laminar/disk x\n```\n`npx @laminar/wal <verify|mend>`\n";
  expect(commandFindings("README.md", page, { scripts: ["bench"], cli })).toEqual([
    'README.md:3  there is no script "gone"',
    "README.md:4  @laminar/disk has no command",
    'README.md:8  the command of @laminar/wal doesn\'t know "mend"',
  ]);
});
