import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { isDiskError, nodeDisk, readFullySync, type DiskError, type Disk } from "../src/index.ts";
import { createNodeDisk } from "../src/node-disk.ts";
import { platformRules } from "../src/platform.ts";
import { scratch } from "./scratch.ts";

const linux = process.platform === "linux";
const one = (): Uint8Array => new Uint8Array(1);

/** A directory in which everything stands that isn't a plain file, and one that is. */
async function crowded(): Promise<{ readonly directory: string; readonly refused: readonly string[] }> {
  const directory = await scratch();
  await fs.writeFile(join(directory, "file"), "content");
  await fs.symlink("file", join(directory, "link"));
  await fs.symlink("nothing", join(directory, "dangling"));
  await fs.symlink(".", join(directory, "link-to-directory"));
  execFileSync("mkfifo", [join(directory, "pipe")]);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(directory, "socket"), resolve));
  onTestFinished(() => void server.close());
  const others = ["link", "dangling", "link-to-directory", "pipe", "socket", "."].map((name) => join(directory, name));
  return { directory, refused: [...others, "/dev/null"] };
}

async function failureOf(call: () => unknown): Promise<DiskError> {
  try {
    await call();
  } catch (error) {
    if (isDiskError(error)) return error;
    throw error;
  }
  throw new Error("It didn't fail.");
}

/** Every call of `disk` that has two forms, on a path. */
function inBothForms(disk: Disk, path: string): readonly (readonly [awaited: () => unknown, atOnce: () => unknown])[] {
  return [
    [() => disk.stat(path), () => disk.statSync(path)],
    [() => disk.list(path), () => disk.listSync(path)],
    [() => disk.open(path), () => disk.readSync(path, 0, one())],
  ];
}

describe.skipIf(process.platform === "win32")("reads at once of nodeDisk", () => {
  it("refuse what isn't a plain file, and wait for none", async () => {
    const { directory, refused } = await crowded();
    for (const path of refused) {
      const expected = { code: "DISK_NOT_A_FILE", operation: "readSync", file: path };
      expect(await failureOf(() => nodeDisk.readSync(path, 0, one())), path).toMatchObject(expected);
    }
    const target = new Uint8Array(7);
    expect(readFullySync(nodeDisk, join(directory, "file"), 0, target)).toBe(7);
    expect(new TextDecoder().decode(target)).toBe("content");
  });

  it("refuse them also where an open would follow a link", async () => {
    const { directory, refused } = await crowded();
    const disk = createNodeDisk(platformRules("win32", {}));
    for (const path of refused) {
      expect(await failureOf(() => disk.readSync(path, 0, one())), path).toMatchObject({ code: "DISK_NOT_A_FILE" });
    }
    expect(disk.readSync(join(directory, "file"), 1, one())).toBe(1);
    expect(await failureOf(() => disk.readSync(join(directory, "absent"), 0, one()))).toMatchObject({ code: "DISK_NOT_FOUND" });
  });

  it.skipIf(!linux)("leave no handle open, whatever came of them", async () => {
    const { directory, refused } = await crowded();
    const handles = async (): Promise<number> => (await fs.readdir("/proc/self/fd")).length;
    const before = await handles();
    for (let round = 0; round < 20; round += 1) {
      for (const path of refused) await failureOf(() => nodeDisk.readSync(path, 0, one()));
      for (const position of [0, 100]) nodeDisk.readSync(join(directory, "file"), position, one());
    }
    expect(await handles()).toBe(before);
  });
});

describe.skipIf(process.platform === "win32")("both forms of a call of nodeDisk", () => {
  it("say the same of what stands at a path", async () => {
    const { directory, refused } = await crowded();
    for (const path of [...refused, join(directory, "file"), join(directory, "absent"), join(directory, "file", "below")]) {
      expect(nodeDisk.statSync(path), path).toEqual(await nodeDisk.stat(path));
    }
    const byName = (a: { readonly name: string }, b: { readonly name: string }): number => a.name.localeCompare(b.name);
    expect([...nodeDisk.listSync(directory)].sort(byName)).toEqual([...(await nodeDisk.list(directory))].sort(byName));
  });

  it("fail with the same code, errno and reason, each under its own name", async () => {
    const { directory } = await crowded();
    const names = ["absent", "link", "dangling", "link-to-directory", "pipe", "socket", "file/below", "x".repeat(300), "loop"];
    await fs.symlink("loop", join(directory, "loop"));
    let compared = 0;
    for (const path of names.map((name) => join(directory, name))) {
      for (const [awaited, atOnce] of inBothForms(nodeDisk, path)) {
        const reasons = await Promise.all([awaited, atOnce].map((call) => failureOf(call).catch((error: unknown) => String(error))));
        const [first, second] = reasons.map((reason) => (typeof reason === "string" ? reason : withoutCall(reason)));
        expect(second, path).toEqual(first);
        if (typeof first !== "string") compared += 1;
      }
    }
    expect(compared).toBe(names.length * 2 + 1);
  });

  it("hand a NUL in a path back as a wrong argument", () => {
    for (const [, atOnce] of inBothForms(nodeDisk, "a\0b")) expect(atOnce).toThrow(TypeError);
  });

  it("are both refused when no handle is left", async () => {
    const directory = await scratch();
    await fs.writeFile(join(directory, "file"), "x");
    const script = `
      import { nodeDisk } from ${JSON.stringify(new URL("../dist/index.js", import.meta.url).href)};
      import { openSync } from "node:fs";
      const path = ${JSON.stringify(join(directory, "file"))};
      const codeOf = async (call) => { try { await call(); return "none"; } catch (error) { return error.code; } };
      await codeOf(() => nodeDisk.open(path).then((file) => file.close()));
      try { for (;;) openSync(path, "r"); } catch {}
      const calls = [() => nodeDisk.open(path), () => nodeDisk.readSync(path, 0, new Uint8Array(1)), () => nodeDisk.listSync(".")];
      const codes = []; for (const call of calls) codes.push(await codeOf(call));
      console.log(codes.join());`;
    const limited = ["-c", 'ulimit -n 100; exec "$0" --input-type=module -e "$1"', process.execPath, script];
    const run = spawnSync("bash", limited, { encoding: "utf8" });
    expect(run.stdout.trim(), run.stderr).toBe(Array(3).fill("DISK_TOO_MANY_FILES").join());
  });
});

/** What is left of an error when the name of the call is taken out of it. */
function withoutCall({ code, errno, message, operation, file }: DiskError): object {
  return { code, errno, file, reason: message.slice(operation.length) };
}
