import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, open, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "@laminar/disk/command-line";
import { describe, expect, it } from "vitest";
import { parseCommandLine } from "../src/cli/arguments.ts";
import { openCheckpointManager } from "../src/index.ts";
import { COMMAND, lookAt, type Outcome, runCommand } from "./run-command.ts";
import { bytesOf, freshDirectory, litter, manyCheckpoints, nameOf, publish, sampleDirectory } from "./sample-directory.ts";

const COMMANDS = ["list", "verify", "show"] as const;

describe("arguments", () => {
  it("without any print the usage on stderr and exit with 2", async () => {
    const help = await runCommand(["--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toMatch(/^Looks at checkpoints.*Usage: .*list.*verify.*show.*Exit codes/s);
    expect(await runCommand([])).toEqual({ code: 2, stdout: "", stderr: help.stdout });
    expect(await runCommand(["frob", "-h"])).toEqual(help);
  });

  it.each(COMMANDS)("ask for help with %s, with or without a directory", async (command) => {
    const help = await runCommand([command, "--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toMatch(new RegExp(`^Usage: laminar-checkpoint ${command} <directory>.*Exit codes`, "s"));
    expect(await runCommand([command, "nowhere", "-h"])).toEqual(help);
  });

  it("say the version of the package", async () => {
    const { version } = (await import("../package.json", { with: { type: "json" } })).default;
    expect(await runCommand(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  it.each([
    [["frob", "d"], 'there is no command "frob"; the commands are list, verify, show'],
    [["\u001b[31m", "d"], 'there is no command "\\u001b[31m"; the commands are list, verify, show'],
    [["__proto__", "d"], 'there is no command "__proto__"; the commands are list, verify, show'],
    [["--json"], "give a command: list, verify, show"],
    [["list"], "list needs the directory that holds the checkpoints"],
    [["verify", ""], "verify needs the directory that holds the checkpoints"],
    [["show", "a", "b"], 'show takes one directory; "b" is one too many'],
    [["list", "a", "--id", "1"], 'list has no option "--id"'],
    [["show", "a", "-x"], 'show has no option "-x"'],
    [["verify", "a", "--__proto__"], 'verify has no option "--__proto__"'],
    [["list", "a", "--json=3"], '--json takes no value, and "3" was given'],
    [["show", "a", "--id"], "--id needs a value"],
    [["show", "a", "--id="], '--id takes the number of a checkpoint, from 1 to 9007199254740991, not ""'],
    [["show", "a", "--id", "0"], '--id takes the number of a checkpoint, from 1 to 9007199254740991, not "0"'],
    [["verify", "a", "--id", "-1"], '--id takes the number of a checkpoint, from 1 to 9007199254740991, not "-1"'],
    [["verify", "a", "--id", "9007199254740992"], '--id takes the number of a checkpoint, from 1 to 9007199254740991, not "9007199254740992"'],
    [["verify", "a", "--id", "0x1"], '--id takes the number of a checkpoint, from 1 to 9007199254740991, not "0x1"'],
  ])("that are wrong are said in one line: %j", (args, message) => {
    expect(() => parseCommandLine(args)).toThrow(new UsageError(message));
  });

  it("that are wrong exit with 2, and the usage is pointed to", async () => {
    const stderr = 'laminar-checkpoint: there is no command "frob"; the commands are list, verify, show (laminar-checkpoint --help shows the usage)\n';
    expect(await runCommand(["frob", "d"])).toEqual({ code: 2, stdout: "", stderr });
  });
});

describe("what holds no checkpoints", () => {
  const refused = (outcome: Outcome, message: string): void => {
    expect(outcome).toMatchObject({ code: 3, stdout: "" });
    expect(outcome.stderr).toBe(`laminar-checkpoint: ${message}\n`);
  };

  it.each(COMMANDS)("is said by %s with 3: no directory, an empty one, one of other files, a file", async (command) => {
    const directory = await freshDirectory();
    const nowhere = join(directory, "nowhere");
    refused(await lookAt(nowhere, command), `CHECKPOINT_NOT_FOUND: there is no directory ${nowhere}`);
    const empty = `CHECKPOINT_NOT_FOUND: there are no checkpoints in ${directory}; give the directory that holds the checkpoint_... directories`;
    refused(await lookAt(directory, command), empty);
    const notes = join(directory, "notes.txt");
    await writeFile(notes, "");
    await mkdir(join(directory, "0000000000000001.wal"));
    refused(await lookAt(directory, command), empty);
    refused(
      await lookAt(notes, command),
      `CHECKPOINT_IO: list "${notes}": it, or a part of its path, isn't a directory. A symbolic link isn't followed in the last part of a path; give the path that it leads to.`,
    );
    await (await openCheckpointManager({ directory })).close();
    refused(await lookAt(directory, command), empty);
  });

  it.each(COMMANDS)("is said by %s with 3: the directory of a single checkpoint, with what to give instead", async (command) => {
    const directory = join(await sampleDirectory(), nameOf(10));
    refused(await lookAt(directory, command), `CHECKPOINT_NOT_FOUND: ${directory} is named like one checkpoint; give the directory that it stands in`);
  });

  it.each(COMMANDS)("is said by %s with 3: a link instead of the directory, with what to do", async (command) => {
    const directory = await sampleDirectory();
    const link = join(await freshDirectory(), "link");
    await symlink(directory, link);
    expect((await runCommand([command, link])).stderr).toMatch(/^laminar-checkpoint: CHECKPOINT_IO: .*symbolic link isn't followed/);
    expect(await runCommand([command, `${link}/`])).toMatchObject({ code: 0, stderr: "" });
  });

  it.each(COMMANDS)("is said by %s with 3: a directory that isn't its user's to read", async (command) => {
    const directory = await sampleDirectory();
    const isRoot = process.getuid?.() === 0;
    // Nothing is forbidden to a superuser, so the command runs as nobody then.
    if (!isRoot) await chmod(directory, 0);
    const outcome = await runCommand([command, directory], { uid: isRoot ? 65534 : undefined });
    expect(outcome).toMatchObject({ code: 3, stdout: "" });
    expect(outcome.stderr).toMatch(/^laminar-checkpoint: CHECKPOINT_IO: .*isn't allowed to \(EACCES\)\. Check the owner.*\n$/);
    await chmod(directory, 0o700);
  });

  it("is said with 3 where only leftovers are, which list shows", async () => {
    const directory = await freshDirectory();
    await mkdir(join(directory, "trash_0000000000000003"));
    const message = `CHECKPOINT_NOT_FOUND: there are no checkpoints in ${directory}, only leftovers`;
    expect(await lookAt(directory, "list")).toEqual({
      code: 3,
      stdout: "Leftovers, which nobody reads\n  trash_0000000000000003  it was withdrawn\n",
      stderr: `laminar-checkpoint: ${message}\n`,
    });
    refused(await lookAt(directory, "verify"), message);
    refused(await lookAt(directory, "show"), message);
  });

  it.each(["verify", "show"])("is said by %s with 3: a number that isn't there", async (command) => {
    const directory = await sampleDirectory();
    refused(await lookAt(directory, command, "--id", "77"), `CHECKPOINT_NOT_FOUND: there is no checkpoint 77 in ${directory}; list shows those that are there`);
  });
});

it("gives 0, results on stdout, nothing on stderr, no colour, and stays as it is, with a path of any form and among other files", async () => {
  const directory = await sampleDirectory();
  await litter(directory);
  await writeFile(join(directory, "notes.txt"), "");
  for (const command of COMMANDS) {
    for (const options of [[], ["--json"]]) {
      const outcome = await lookAt(`${directory}/./`, command, ...options);
      expect(outcome).toMatchObject({ code: 0, stderr: "" });
      expect(outcome.stdout).toMatch(/^[\n\x20-\x7e]+\n$/);
    }
  }
});

it("looks at a directory beside its manager, which publishes and removes, and never takes its work for damage", async () => {
  const directory = await freshDirectory();
  const manager = await openCheckpointManager({ directory, maxRetained: 2 });
  const state = { done: false, published: 0 };
  const work = async (): Promise<void> => {
    while (!state.done) {
      await manager.create({ walPosition: state.published, state: bytesOf("x".repeat(5000)) });
      state.published++;
    }
  };
  await manager.create({ walPosition: 0, state: bytesOf("first") });
  const working = work();
  try {
    for (const command of [...COMMANDS, ...COMMANDS, ...COMMANDS]) {
      const { code, stderr } = await runCommand([command, directory]);
      expect([code, stderr], command).toEqual([0, ""]);
    }
  } finally {
    state.done = true;
    await working;
    await manager.close();
  }
  expect(state.published).toBeGreaterThan(20);
  console.log(`9 looks beside a manager that published ${state.published} checkpoints meanwhile`);
});

describe("a directory of 1,000 checkpoints", () => {
  it("is listed with little memory though its metadata are large, and verified", async () => {
    const directory = await freshDirectory();
    const { bytes } = await manyCheckpoints(directory, { count: 1000, sources: 1000 });
    const outcome = await runCommand(["list", directory], { nodeFlags: ["--max-old-space-size=24"] });
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    const lines = outcome.stdout.trimEnd().split("\n");
    expect([lines.length, lines[1]?.trim().split(/ +/)[0], lines.at(-1)?.trim().split(/ +/)[0]]).toEqual([1001, "1000", "1"]);
    expect(bytes).toBeGreaterThan(24 * 1024 * 1024);
    console.log(`${bytes} bytes of metadata listed with 24 MiB for objects`);
    const verified = await runCommand(["verify", directory]);
    expect(verified.stdout.split("\n")[0]).toBe("ok: 1000 checkpoints; the newest whole one is 1000, at log position 100000; 5000 bytes in 1000 states read");
  });

  it("ends quietly when nobody reads its lines any more", async () => {
    const directory = await freshDirectory();
    await manyCheckpoints(directory, { count: 1000, sources: 0 });
    for (const options of [[], ["--json"]]) {
      const child = spawn(process.execPath, [COMMAND, "list", directory, ...options], { stdio: ["ignore", "pipe", "pipe"] });
      let stderr = "";
      child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
      child.stdout.once("data", () => child.stdout.destroy());
      expect([await new Promise((resolve) => child.on("close", resolve)), stderr]).toEqual([0, ""]);
    }
    const deaf = spawn(process.execPath, [COMMAND, "frob"], { stdio: ["ignore", "ignore", "pipe"] });
    deaf.stderr.destroy();
    expect(await new Promise((resolve) => deaf.on("close", resolve))).toBe(2);
  });
});

it.runIf(existsSync("/dev/full"))("says with 3 that its output can't be written", async () => {
  const directory = await sampleDirectory();
  const full = await open("/dev/full", "w");
  const child = spawn(process.execPath, [COMMAND, "list", directory], { stdio: ["ignore", full.fd, "pipe"] });
  let stderr = "";
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise((resolve) => child.on("close", resolve));
  await full.close();
  expect([code, stderr]).toEqual([3, "laminar-checkpoint: the output couldn't be written: ENOSPC: no space left on device, write\n"]);
});

it("prints no character that a terminal could obey, and JSON that gives the names back", async () => {
  const directory = await freshDirectory();
  const name = "\u0000\n\u001b[31m\u007f\u009b31m\u202e\u2028\ud800\"\\";
  await publish(directory, { id: 1, state: "", metadata: { walId: name, sourceOffsets: new Map([[name, 1n], ["__proto__", 2n]]) } });
  await mkdir(join(directory, "checkpoint_\u001b[31m\u202e\n"));
  for (const command of COMMANDS) {
    for (const options of [[], ["--json"]]) {
      const { stdout, code } = await lookAt(directory, command, ...options);
      expect([code, stdout.replaceAll("\n", "")]).toEqual([0, expect.not.stringMatching(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)]);
    }
  }
  const shown = JSON.parse((await runCommand(["show", directory, "--json"])).stdout) as Record<string, object>;
  expect(shown).toMatchObject({ walId: name });
  expect(new Map(Object.entries(shown["sourceOffsets"] ?? {}))).toEqual(new Map([[name, "1"], ["__proto__", "2"]]));
  expect((await runCommand(["list", directory])).stdout).toMatch(/\n {2}"checkpoint_\\u001b\[31m\\u202e\\n"\n$/);
});
