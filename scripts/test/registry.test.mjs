import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { serve } from "../packages/registry.mjs";
import { capture } from "../process.mjs";

const name = "@laminar/disk";

/** A registry of one package that was packed by hand. */
async function registry() {
  const directory = await mkdtemp(path.join(tmpdir(), "laminar-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  await mkdir(path.join(directory, "package"));
  await writeFile(path.join(directory, "package/package.json"), JSON.stringify({ name, version: "1.2.3", dependencies: { "crc-32": "^1.2.2" } }));
  const tarball = path.join(directory, "laminar-disk.tgz");
  expect(await capture("tar", ["-czf", tarball, "-C", directory, "package"])).toEqual({ code: 0, output: "" });
  const packed = { name, folder: directory, tarball, bytes: (await stat(tarball)).size, doors: [name], siblings: [] };
  const served = await serve(new Map([[name, packed]]));
  onTestFinished(served.close);
  return { url: served.url, bytes: await readFile(tarball) };
}

it("a registry says of a package what its tarball says, and hands that out as it is", async () => {
  const { url, bytes } = await registry();
  // As npm asks for a name with a scope.
  const { versions, ...packument } = JSON.parse(await (await fetch(`${url}/@laminar%2fdisk`)).text());
  expect(packument).toEqual({ name, "dist-tags": { latest: "1.2.3" } });
  const { dist, ...manifest } = versions["1.2.3"];
  expect(manifest).toEqual({ name, version: "1.2.3", dependencies: { "crc-32": "^1.2.2" } });
  const got = Buffer.from(await (await fetch(dist.tarball)).arrayBuffer());
  expect(got.equals(bytes)).toBe(true);
  expect(dist.integrity).toBe(`sha512-${createHash("sha512").update(got).digest("base64")}`);
});

it("a registry has nothing that wasn't packed", async () => {
  const { url } = await registry();
  for (const other of ["/@laminar/other", "/crc-32", "/"]) expect((await fetch(url + other)).status).toBe(404);
});
