// The API reference as pages, from the doc comments of all packages: docs/api/index.html. A link that leads nowhere, or a function,
// a type or a method that is exported without a doc comment, fails.

import path from "node:path";
import { isMain, root, show } from "./process.mjs";

const folder = path.join(root, "apps/api-reference");

/** Makes the pages and prints what is wrong. */
export async function makeApiReference() {
  const typedoc = path.join(folder, "node_modules/typedoc/bin/typedoc");
  const code = await show(process.execPath, [typedoc, "--options", path.join(folder, "typedoc.json")], { cwd: folder });
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 };
}

if (isMain(import.meta.url)) process.exitCode = (await makeApiReference()).failed;
