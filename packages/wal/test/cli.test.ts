import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, open, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { openWal } from "../src/index.ts";
import { commit, freshDirectory, put } from "./logs.ts";
import { COMMAND, lookAt, type Outcome, runCommand, writeSampleLog } from "./run-command.ts";

const COMMANDS = ["inspect", "verify", "dump"] as const;

describe("arguments", () => {
  it("without any print the usage on stderr and exit with 2", async () => {
    const help = await runCommand(["--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toMatch(/^Looks at a write-ahead log.*Usage: .*inspect.*verify.*dump.*Exit codes/s);
    expect(await runCommand([])).toEqual({ code: 2, stdout: "", stderr: help.stdout });
    expect(await runCommand(["dump", "--help"])).toEqual(help);
  });

  it("say the version of the package", async () => {
    const { version } = (await import("../package.json", { with: { type: "json" } })).default;
    expect(await runCommand(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  it.each([
    [["frob", "log"], 'there is no command "frob"; the commands are inspect, verify, dump'],
    [["__proto__", "log"], 'there is no command "__proto__"; the commands are inspect, verify, dump'],
    [["--json"], "give a command: inspect, verify, dump"],
    [["inspect"], "inspect needs the directory of a log"],
    [["verify", ""], "verify needs the directory of a log"],
    [["dump", "a", "b"], 'dump takes one directory; "b" is one too many'],
    [["dump", "a", "--limit", "abc"], '--limit takes a whole number from 0 to 9007199254740991, not "abc"'],
    [["dump", "a", "--limit="], '--limit takes a whole number from 0 to 9007199254740991, not ""'],
    [["dump", "a", "--after", "-1"], '--after takes a whole number from 0 to 9007199254740991, not "-1"'],
    [["dump", "a", "--after", "9007199254740992"], '--after takes a whole number from 0 to 9007199254740991, not "9007199254740992"'],
    [["dump", "a", "--after"], "--after needs a value"],
    [["dump", "a", "--json"], "dump has no option --json"],
    [["verify", "a", "--limit", "1"], "verify has no option --limit"],
    [["inspect", "a", "-x"], "inspect has no option -x"],
    [["inspect", "a", "--json=3"], '--json takes no value, and "3" was given'],
    [["dump", "a", "--on-damage", "go"], '--on-damage takes "refuse" or "stop", not "go"'],
    [["dump", "a", "--salvage", "--on-damage", "stop"], "--on-damage and --salvage exclude each other"],
  ])("that are wrong are said in one line: %j", async (args, message) => {
    expect(await runCommand(args)).toEqual({ code: 2, stdout: "", stderr: `laminar-wal: ${message} (laminar-wal --help shows the usage)\n` });
  });
});

describe("what is no log", () => {
  const refused = (outcome: Outcome, message: RegExp): void => {
    expect(outcome).toMatchObject({ code: 3, stdout: "" });
    expect(outcome.stderr).toMatch(message);
    expect(outcome.stderr.trimEnd().split("\n")).toHaveLength(1);
  };

  it.each(COMMANDS)("is said by %s with 3: no directory, an empty one, one of other files, a file", async (command) => {
    const directory = await freshDirectory();
    refused(await lookAt(join(directory, "nowhere"), command), /^laminar-wal: .*there is no (log|directory).*nowhere/);
    refused(await lookAt(directory, command), /^laminar-wal: .*there is no log/);
    await writeFile(join(directory, "notes.txt"), "0000000000000001.wal");
    refused(await lookAt(directory, command), /^laminar-wal: .*there is no log/);
    refused(await lookAt(join(directory, "notes.txt"), command), /^laminar-wal: WAL_IO: .*notes\.txt.*isn't a directory/);
  });

  it.each(COMMANDS)("is said by %s with 3: a link instead of the directory, with what to do", async (command) => {
    const directory = await writeSampleLog();
    const link = join(await freshDirectory(), "link");
    await symlink(directory, link);
    refused(await runCommand([command, link]), /symbolic link isn't followed/);
    expect(await runCommand([command, `${link}/`])).toMatchObject({ code: 0, stderr: "" });
  });

  it.each(COMMANDS)("is said by %s with 3: a directory that isn't its user's to read", async (command) => {
    const directory = await writeSampleLog();
    const isRoot = process.getuid?.() === 0;
    // Nothing is forbidden to a superuser, so the command runs as nobody then.
    if (!isRoot) await chmod(directory, 0);
    refused(await runCommand([command, directory], { uid: isRoot ? 65534 : undefined }), /WAL_IO: .*isn't allowed to \(EACCES\). Check the owner/);
    await chmod(directory, 0o700);
  });
});

describe("a log that is whole", () => {
  it("gives 0, results on stdout, nothing on stderr, no colour, and stays as it is", async () => {
    const directory = await writeSampleLog();
    for (const args of [["inspect"], ["inspect", "--json"], ["verify"], ["verify", "--json"], ["dump"]]) {
      const outcome = await lookAt(directory, args[0] ?? "", ...args.slice(1));
      expect(outcome).toMatchObject({ code: 0, stderr: "" });
      expect(outcome.stdout).toMatch(/^[\n\x20-\x7e]+\n$/);
      if (args[1]) expect(() => JSON.parse(outcome.stdout) as unknown).not.toThrow();
    }
    expect((await lookAt(directory, "verify")).stdout).toBe(
      "ok: 29 records in 14 batches of 7 segments verify, the last is 31; proven durable up to 31; it ends clean at offset 392 of 0000000000000008.wal\n",
    );
  });

  it("may never have been written, may be read with a path of any form, and may lie among other files", async () => {
    const directory = await freshDirectory();
    await (await openWal(directory)).close();
    await writeFile(join(directory, "notes.txt"), "");
    await writeFile(join(directory, "1.wal"), "not ours");
    for (const command of COMMANDS) expect(await lookAt(`${directory}/./`, command)).toMatchObject({ code: 0, stderr: "" });
    expect((await lookAt(directory, "dump")).stdout).toBe("");
    expect((await lookAt(directory, "verify")).stdout).toMatch(/^ok: 0 records in 0 batches of 1 segment verify, the last is 0;/);
    expect((await lookAt(directory, "inspect")).stdout).toMatch(/^records +none held; the last was 0$/m);
  });

  it("of a newer format is said with 3, not taken for damage", async () => {
    const { crc32 } = await import("@laminar/disk/checksum");
    const directory = await writeSampleLog();
    const file = join(directory, "0000000000000003.wal");
    const bytes = await readFile(file);
    bytes[8] = 9;
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 124)), 124);
    await writeFile(file, bytes);
    for (const command of COMMANDS) {
      expect(await lookAt(directory, command)).toMatchObject({ code: 3, stdout: "", stderr: expect.stringMatching(/^laminar-wal: WAL_UNSUPPORTED_FORMAT: .*format version 9; .*use a release that reads it\n$/) as string });
    }
  });
});

it("looks at a log whose writer was killed: whole, its owner named, with all that was acknowledged", async () => {
  const directory = await freshDirectory();
  const program = fileURLToPath(new URL("programs/append-until-killed.mjs", import.meta.url));
  const child = spawn(process.execPath, [program, directory, "42"], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
    if (text.split("\n").length > 20) child.kill("SIGKILL");
  });
  await new Promise((resolve) => child.on("close", resolve));
  const acknowledged = Number(text.split("\n").slice(0, -1).at(-1));
  expect(acknowledged).toBeGreaterThan(0);
  expect((await lookAt(directory, "inspect")).stdout).toMatch(new RegExp(`^lock +entry of process ${child.pid}, `, "m"));
  expect(await lookAt(directory, "verify")).toMatchObject({ code: 0, stderr: "" });
  const lines = (await lookAt(directory, "dump", "--unproven")).stdout.split("\n").slice(0, -1);
  expect(lines.length).toBeGreaterThanOrEqual(acknowledged);
});

it("looks at a log beside its writer, which rotates, drops, fences and opens again, and never takes its work for damage", async () => {
  const directory = await freshDirectory();
  const state = { done: false, rounds: 0 };
  const write = async (): Promise<void> => {
    while (!state.done) {
      const log = await openWal(directory, { segmentSize: 2048 });
      for (let i = 0; i < 40 && !state.done; i++) {
        log.appendAll([put(`key ${i}`, "x".repeat(i * 5)), commit(i)]);
        await log.sync();
        if (i === 20) await log.truncateAfter(log.lastLsn - 3);
        if (i === 30) await log.truncateBefore(log.lastLsn - 40 > 0 ? log.lastLsn - 40 : 0);
      }
      await log.close();
      state.rounds++;
    }
  };
  await (await openWal(directory)).close();
  const writing = write();
  try {
    for (const command of [...COMMANDS, ...COMMANDS]) {
      const { code, stderr } = await runCommand([command, directory]);
      // A dump takes longer than this writer keeps records, which is no damage either.
      if (command === "dump" && code === 3) expect(stderr).toMatch(/^laminar-wal: WAL_(TRUNCATED|FENCED): /);
      else expect([code, stderr], command).toEqual([0, ""]);
    }
  } finally {
    state.done = true;
    await writing;
  }
  expect(state.rounds).toBeGreaterThan(1);
  console.log(`6 looks beside a writer, which opened the log ${state.rounds} times`);
});

it.runIf(existsSync("/dev/full"))("says with 3 that its output can't be written", async () => {
  const directory = await writeSampleLog();
  const full = await open("/dev/full", "w");
  const child = spawn(process.execPath, [COMMAND, "verify", directory], { stdio: ["ignore", full.fd, "pipe"] });
  let stderr = "";
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise((resolve) => child.on("close", resolve));
  await full.close();
  expect([code, stderr]).toEqual([3, "laminar-wal: the output couldn't be written: ENOSPC: no space left on device, write\n"]);
});

it("ends quietly when nobody reads its output any more", async () => {
  const directory = await freshDirectory();
  const log = await openWal(directory);
  for (let i = 0; i < 20_000; i++) log.append(put(`key ${i}`, "x".repeat(100)));
  await log.close();
  const child = spawn(process.execPath, [COMMAND, "dump", directory], { stdio: ["ignore", "pipe", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdout.once("data", () => child.stdout.destroy());
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect([code, stderr]).toEqual([0, ""]);

  const deaf = spawn(process.execPath, [COMMAND, "frob"], { stdio: ["ignore", "ignore", "pipe"] });
  deaf.stderr.destroy();
  expect(await new Promise((resolve) => deaf.on("close", resolve))).toBe(2);
});
