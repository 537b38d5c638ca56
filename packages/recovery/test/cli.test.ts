import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, open, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openCheckpointManager } from "@laminar/checkpoint";
import { UsageError } from "@laminar/disk/command-line";
import { StateSnapshot } from "@laminar/state-snapshot";
import { msgpackCodec, openWal } from "@laminar/wal";
import { describe, expect, it } from "vitest";
import { parseCommandLine } from "../src/cli/arguments.ts";
import { openDurableState } from "../src/index.ts";
import { COMMAND, freshDirectory, lookAt, runCommand, sampleState, unchanged } from "./run-command.ts";

const COMMANDS = ["plan", "recover", "report"] as const;

describe("arguments", () => {
  it("without any print the usage on stderr and exit with 2", async () => {
    const help = await runCommand(["--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toMatch(/^Recovers from checkpoints and a log.*Usage: .*plan.*recover.*report.*Exit codes/s);
    expect(await runCommand([])).toEqual({ code: 2, stdout: "", stderr: help.stdout });
    expect(await runCommand(["frob", "-h"])).toEqual(help);
  });

  it.each(COMMANDS)("ask for help with %s, with or without a place", async (command) => {
    const help = await runCommand([command, "--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toMatch(new RegExp(`^Usage: laminar-recovery ${command} <places>.*Exit codes`, "s"));
    expect(await runCommand([command, "--wal", "nowhere", "-h"])).toEqual(help);
  });

  it("say the version of the package", async () => {
    const { version } = (await import("../package.json", { with: { type: "json" } })).default;
    expect(await runCommand(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  it.each([
    [["frob", "--wal", "d"], 'there is no command "frob"; the commands are plan, recover, report'],
    [["\u001b[31m"], 'there is no command "\\u001b[31m"; the commands are plan, recover, report'],
    [["__proto__"], 'there is no command "__proto__"; the commands are plan, recover, report'],
    [["--json"], "give a command: plan, recover, report"],
    [["plan"], "plan needs a place: --state, or --checkpoints and --wal, or one of the two"],
    [["report", "d"], '"d" is one word too many; places are given with --state, or with --checkpoints and --wal'],
    [["plan", "--state", "a", "--wal", "b"], "--state gives both places; leave out --checkpoints and --wal"],
    [["plan", "--checkpoints"], "--checkpoints needs a value"],
    [["plan", "--wal="], "--wal needs a value"],
    [["recover", "--state", "a", "--json"], 'recover has no option "--json"'],
    [["report", "--state", "a", "--values", "text"], 'report has no option "--values"'],
    [["plan", "--state", "a", "-x"], 'plan has no option "-x"'],
    [["plan", "--state", "a", "--__proto__"], 'plan has no option "--__proto__"'],
    [["plan", "--state", "a", "--json=3"], '--json takes no value, and "3" was given'],
    [["recover", "--state", "a", "--values", "hex"], '--values takes "msgpack" or "text" or "base64", not "hex"'],
    [["plan", "--state", "a", "--replay", "some"], '--replay takes "committed" or "all", not "some"'],
    [["plan", "--state", "a", "--on-damage", "go"], '--on-damage takes "refuse" or "stop", not "go"'],
    [["plan", "--state", "a", "--until", "-1"], '--until takes the number of a record, from 0 to 9007199254740991, not "-1"'],
    [["plan", "--state", "a", "--until", "9007199254740992"], '--until takes the number of a record, from 0 to 9007199254740991, not "9007199254740992"'],
    [["plan", "--state", "a", "--until-watermark", "1.5"], '--until-watermark takes a whole number of 64 bits, not "1.5"'],
    [["plan", "--state", "a", "--until-watermark", "18446744073709551616"], '--until-watermark takes a whole number of 64 bits, not "18446744073709551616"'],
    [["plan", "--state", "a", "--until-watermark", "-9223372036854775809"], '--until-watermark takes a whole number of 64 bits, not "-9223372036854775809"'],
    [["plan", "--state", "a", "--until", "1", "--until-watermark", "1"], "--until and --until-watermark exclude each other"],
  ])("that are wrong are said in one line: %j", (args, message) => {
    expect(() => parseCommandLine(args)).toThrow(new UsageError(message));
  });

  it("that are right become the recovery's own terms", () => {
    const plain = { checkpointDir: "c", walDir: undefined, until: undefined, replay: "committed", onDamage: "refuse", acceptMissingLog: false, mustExist: false };
    expect(parseCommandLine(["plan", "--checkpoints", "c"])).toEqual({ command: "plan", json: false, asked: plain });
    expect(parseCommandLine(["recover", "--checkpoints", "c"])).toEqual({ command: "recover", values: "text", asked: plain });
    expect(parseCommandLine(["recover", "--state", "s"])).toMatchObject({ values: "msgpack", asked: { checkpointDir: join("s", "checkpoints"), walDir: join("s", "log") } });
    const all = ["report", "--json", "--wal", "w", "--until-watermark", "-9223372036854775808", "--replay", "all", "--on-damage=stop", "--accept-missing-log", "--must-exist"];
    expect(parseCommandLine(all)).toEqual({
      command: "report",
      json: true,
      asked: { checkpointDir: undefined, walDir: "w", until: { watermark: -(2n ** 63n) }, replay: "all", onDamage: "stop", acceptMissingLog: true, mustExist: true },
    });
  });

  it("that are wrong exit with 2, and the usage is pointed to", async () => {
    const stderr = 'laminar-recovery: there is no command "frob"; the commands are plan, recover, report (laminar-recovery --help shows the usage)\n';
    expect(await runCommand(["frob", "d"])).toEqual({ code: 2, stdout: "", stderr });
  });
});

describe("places", () => {
  it.each(COMMANDS)("that aren't there are said by %s, stay away, and are a fresh start; with --must-exist they are an error", async (command) => {
    const root = await freshDirectory();
    const [checkpoints, log] = [join(root, "no\u001b[31m", "checkpoints"), join(root, "no\u001b[31m", "log")];
    const missing = [checkpoints, log].map((path) => `laminar-recovery: there is no directory ${JSON.stringify(path)}\n`).join("");
    const outcome = await runCommand([command, "--state", join(root, "no\u001b[31m")]);
    const fresh = "Fresh start: there is neither a checkpoint nor a log.";
    expect(outcome.code).toBe(0);
    expect(outcome.stderr).toBe(command === "recover" ? `${missing}laminar-recovery: ${fresh}\n` : missing);
    if (command === "report") expect(outcome.stdout).toBe(`${fresh}\n`);
    if (command === "plan") expect(outcome.stdout).toBe("fresh start: there is neither a checkpoint nor a log\n\ncheckpoint  none\nlog         none\n");
    if (command === "recover") expect(outcome.stdout).toBe("");
    const refused = await runCommand([command, "--checkpoints", checkpoints, "--wal", log, "--must-exist"]);
    const refusal = "RECOVERY_NOT_FOUND: there is neither a checkpoint nor a log; check the paths, or leave --must-exist out to start from nothing";
    expect([refused.code, refused.stderr]).toEqual([3, command === "plan" ? missing : `${missing}laminar-recovery: ${refusal}\n`]);
    if (command === "plan") expect(refused.stdout.split("\n")[0]).toBe(`refused: ${refusal}`);
    expect(await readdir(root)).toEqual([]);
  });

  it.each(COMMANDS)("that are empty directories are a fresh start for %s, of which nothing needs to be said", async (command) => {
    const root = await freshDirectory();
    for (const name of ["checkpoints", "log"]) await mkdir(join(root, name));
    const { code, stderr } = await lookAt(root, command);
    expect([code, stderr.split("\n").length]).toEqual([0, command === "recover" ? 2 : 1]);
    expect((await lookAt(root, command, "--must-exist")).code).toBe(3);
  });

  it.each(COMMANDS)("may be given alone to %s", async (command) => {
    const root = await sampleState();
    expect((await unchanged(root, () => runCommand([command, "--wal", join(root, "log")]))).code).toBe(0);
    const alone = await unchanged(root, () => runCommand([command, "--checkpoints", join(root, "checkpoints")]));
    expect([alone.code, alone.stdout + alone.stderr]).toEqual([3, expect.stringMatching(/RECOVERY_LOG_MISSING: .* and there is none\. If it is gone for good, --accept-missing-log takes the checkpoint alone\n/) as string]);
    expect((await runCommand([command, "--checkpoints", join(root, "checkpoints"), "--accept-missing-log"])).code).toBe(0);
  });

  it.each(COMMANDS)("that are files, or links, are said by %s with 3", async (command) => {
    const root = await freshDirectory();
    await writeFile(join(root, "file"), "");
    await symlink(await freshDirectory(), join(root, "link"));
    for (const name of ["file", "link"]) {
      const checkpoints = await unchanged(root, () => runCommand([command, "--checkpoints", join(root, name)]));
      expect(checkpoints).toMatchObject({ code: 3, stdout: "", stderr: expect.stringMatching(/^laminar-recovery: CHECKPOINT_IO: .*isn't a directory.*\n$/) as string });
      const log = await unchanged(root, () => runCommand([command, "--wal", join(root, name)]));
      expect(log).toMatchObject({ code: 3, stdout: "", stderr: expect.stringMatching(/^laminar-recovery: WAL_IO: .*isn't a directory.*\n$/) as string });
    }
  });

  it.each(COMMANDS)("that aren't their user's to read are said by %s with 3", async (command) => {
    const root = await sampleState();
    const isRoot = process.getuid?.() === 0;
    // Nothing is forbidden to a superuser, so the command runs as nobody then.
    await chmod(root, isRoot ? 0o700 : 0);
    const outcome = await runCommand([command, "--state", root], { uid: isRoot ? 65534 : undefined });
    await chmod(root, 0o700);
    expect(outcome).toMatchObject({ code: 3, stdout: "", stderr: expect.stringMatching(/^laminar-recovery: CHECKPOINT_IO: .*isn't allowed to \(EACCES\)\. Check the owner.*\n$/) as string });
  });

  it("that hold something else are said with 3: a log with a codec", async () => {
    const root = await freshDirectory();
    const log = await openWal(join(root, "log"), { codec: msgpackCodec<number>() });
    log.append(1);
    await log.close();
    for (const command of COMMANDS) expect(await lookAt(root, command)).toMatchObject({ code: 3, stdout: "", stderr: expect.stringMatching(/laminar-recovery: WAL_CODEC_MISMATCH: /) as string });
  });
});

describe("output", () => {
  it("of a large state takes little memory, and ends quietly when its reader has gone", async () => {
    const root = await freshDirectory();
    const state = await openDurableState<string>({ directory: root });
    for (let i = 0; i < 200_000; i++) state.put(`key ${i}`, `${i} `.repeat(20));
    await state.commit();
    await state.checkpoint();
    await state.close();
    const { code, stdout } = await runCommand(["recover", "--state", root], { nodeFlags: ["--max-old-space-size=24"] });
    const lines = stdout.trimEnd().split("\n");
    expect([code, new Set(lines).size, lines.includes(JSON.stringify({ key: "key 7", decoded: "7 ".repeat(20) }))]).toEqual([0, 200_000, true]);
    expect(stdout.length).toBeGreaterThan(24 * 1024 * 1024);
    console.log(`${stdout.length} characters of state printed with 24 MiB for objects`);

    const child = spawn(process.execPath, [COMMAND, "recover", "--state", root], { stdio: ["ignore", "pipe", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdout.once("data", () => child.stdout.destroy());
    expect([await new Promise((resolve) => child.on("close", resolve)), stderr.split("\n").length]).toEqual([0, 2]);
  });

  it("that nobody reads any more is no error", async () => {
    const root = await sampleState();
    for (const args of [["plan", "--state", root], ["recover", "--state", root], ["report", "--state", root]]) {
      const child = spawn(process.execPath, [COMMAND, ...args], { stdio: ["ignore", "pipe", "ignore"] });
      child.stdout.destroy();
      expect(await new Promise((resolve) => child.on("close", resolve))).toBe(0);
    }
    const deaf = spawn(process.execPath, [COMMAND, "frob"], { stdio: ["ignore", "ignore", "pipe"] });
    deaf.stderr.destroy();
    expect(await new Promise((resolve) => deaf.on("close", resolve))).toBe(2);
  });

  it.runIf(existsSync("/dev/full"))("that can't be written is said with 3", async () => {
    const root = await sampleState();
    for (const command of COMMANDS) {
      const full = await open("/dev/full", "w");
      const child = spawn(process.execPath, [COMMAND, command, "--state", root], { stdio: ["ignore", full.fd, "pipe"] });
      let stderr = "";
      child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
      const code = await new Promise((resolve) => child.on("close", resolve));
      await full.close();
      expect([code, stderr]).toEqual([3, expect.stringMatching(/laminar-recovery: the output couldn't be written: ENOSPC: no space left on device, write\n$/) as string]);
    }
  });

  it("has no character that a terminal could obey, and gives keys, values and names back", async () => {
    const name = "\n\u001b[31m\u007f\u009b31m\u202e\u2028\"\\";
    const root = await freshDirectory();
    const state = await openDurableState({ directory: root });
    state.put(name, name);
    state.put("right to left: \u202e", { [name]: "\u2028" });
    await state.commit({ offsets: new Map([[name, 1]]) });
    await state.close();
    await mkdir(join(root, "checkpoints", "checkpoint_\u001b[31m\u202e\n"));
    const outputs: string[] = [];
    for (const args of [["plan"], ["plan", "--json"], ["recover"], ["recover", "--values", "text"], ["report"], ["report", "--json"]]) {
      const { code, stdout, stderr } = await lookAt(root, args[0] ?? "", ...args.slice(1));
      expect([code, (stdout + stderr).replaceAll("\n", "")]).toEqual([0, expect.not.stringMatching(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)]);
      outputs.push(stdout);
    }
    expect(JSON.parse(outputs[1] ?? "")).toMatchObject({ ignoredNames: ["checkpoint_\u001b[31m\u202e\n"] });
    const lines = (outputs[2] ?? "").trimEnd().split("\n").map((line) => JSON.parse(line) as object);
    expect(lines).toContainEqual({ key: { base64: Buffer.from(name).toString("base64") }, decoded: name });
    expect(lines).toContainEqual({ key: "right to left: \u202e", decoded: { [name]: "\u2028" } });
    expect(JSON.parse(outputs[5] ?? "")).toMatchObject({ sourceOffsets: { [name]: "1" } });
  });
});

it("recovers a checkpoint alone that names no log", async () => {
  const root = await freshDirectory();
  const manager = await openCheckpointManager({ directory: join(root, "checkpoints") });
  await manager.create({ walPosition: 5, watermark: 7n, state: StateSnapshot.from([[new Uint8Array([255]), new Uint8Array()]]).toBytes() });
  await manager.close();
  const args = ["--checkpoints", join(root, "checkpoints")];
  expect((await unchanged(root, () => runCommand(["plan", ...args]))).stdout.split("\n")[0]).toBe("recoverable: checkpoint 1 alone; there is no log");
  expect((await unchanged(root, () => runCommand(["recover", ...args]))).stdout).toBe('{"key":{"base64":"/w=="},"value":""}\n');
  expect(JSON.parse((await runCommand(["report", "--json", ...args])).stdout)).toMatchObject({ walPosition: 5, watermark: "7", log: null });
});
