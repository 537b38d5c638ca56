// A registry of the packed packages: what isn't published yet is installed as if it were, by any package manager.

import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { capture } from "../process.mjs";

/** @typedef {import("./pack.mjs").Packed} Packed */
/** @typedef {{ url: string, close: () => Promise<void> }} Registry */

/**
 * Serves them on this machine, until it is closed. It holds nothing else: what they need of others comes from where the package
 * manager gets everything.
 *
 * @param {ReadonlyMap<string, Packed>} all
 * @returns {Promise<Registry>}
 */
export async function serve(all) {
  const contents = new Map();
  const server = createServer((request, response) => {
    const content = contents.get(decodeURIComponent(request.url ?? ""));
    response.writeHead(content === undefined ? 404 : 200, { "content-type": Buffer.isBuffer(content) ? "application/octet-stream" : "application/json" });
    response.end(content ?? "{}");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the registry has no port");
  const url = `http://127.0.0.1:${address.port}`;
  for (const { name, tarball } of all.values()) {
    const bytes = await readFile(tarball);
    const place = `/${name}/-/${path.basename(tarball)}`;
    contents.set(place, bytes);
    contents.set(`/${name}`, JSON.stringify(await packumentOf(name, tarball, bytes, url + place)));
  }
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return { url, close };
}

/** @param {string} name @param {string} tarball @param {Buffer} bytes @param {string} url */
async function packumentOf(name, tarball, bytes, url) {
  const { code, output } = await capture("tar", ["-xzOf", tarball, "package/package.json"]);
  if (code !== 0) throw new Error(`${tarball} can't be read\n${output}`);
  const manifest = JSON.parse(output);
  const dist = { tarball: url, integrity: `sha512-${createHash("sha512").update(bytes).digest("base64")}`, shasum: createHash("sha1").update(bytes).digest("hex") };
  return { name, "dist-tags": { latest: manifest.version }, versions: { [manifest.version]: { ...manifest, dist } } };
}
