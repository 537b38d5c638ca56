import { spawn } from "node:child_process";
import { createWriteStream, existsSync } from "node:fs";
import * as fs from "node:fs/promises";
import { join } from "node:path";
import { PassThrough, type Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { type CommandCall, type Commands, DAMAGED, oneDirectory, print, type Question, readArguments, runCommandLine, type Streams } from "../src/command-line/index.ts";
import { scratch } from "./scratch.ts";

type Name = "look" | "weigh";

const commands: Commands<Name> = new Map([["look", {}], ["weigh", {}]]);
const parse = (args: readonly string[]): Question<Name> | CommandCall<Name> => readArguments(args, commands);

class Foreseen extends Error {}

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Streams of which one may be another. */
interface Given {
  readonly stdout?: Writable;
  readonly stderr?: Writable;
}

type RunCommand = (call: CommandCall<Name>, streams: Streams) => Promise<number>;

const prints: RunCommand = async ({ command, operands }, { stdout }) => {
  await print(stdout, `${command} ${operands.join()}\n`);
  return DAMAGED;
};

const fails = (error: unknown): RunCommand => async () => {
  throw error;
};

/** Runs a program whose commands do what `run` does. */
async function runProgram(line: string, run: RunCommand = prints, { stdout = new PassThrough(), stderr = new PassThrough() }: Given = {}): Promise<Run> {
  const manifest = join(await scratch(), "package.json");
  await fs.writeFile(manifest, '{ "version": "1.2.3" }');
  const code = await runCommandLine<Name, CommandCall<Name>>(
    {
      name: "scales",
      manifest: pathToFileURL(manifest).href,
      usage: (of) => `Usage of ${of ?? "all"}\n`,
      parse,
      run,
      inWords: (error) => (error instanceof Foreseen ? `foreseen: ${error.message}` : undefined),
      isCorruption: (error) => error instanceof Foreseen && error.message.startsWith("torn"),
    },
    { argv: ["node", "scales", ...line.split(" ").filter((word) => word !== "")], stdout, stderr },
  );
  const textOf = async (stream: Writable): Promise<string> => (stream instanceof PassThrough ? text(stream.end()) : "");
  return { code, stdout: await textOf(stdout), stderr: await textOf(stderr) };
}

/** A pipe whose reader has gone. */
async function brokenPipe(): Promise<Writable> {
  const reader = spawn(process.execPath, ["-e", "fs.closeSync(0); console.log('gone'); setInterval(() => {}, 1000)"], { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void reader.kill());
  await new Promise((resolve) => reader.stdout.once("data", resolve));
  return reader.stdin;
}

describe("a command line", () => {
  it("that is empty gets the usage on stderr, and 2", async () => {
    expect(await runProgram("")).toEqual({ code: 2, stdout: "", stderr: "Usage of all\n" });
  });

  it("that asks for help or the version gets it on stdout", async () => {
    expect(await runProgram("--help")).toEqual({ code: 0, stdout: "Usage of all\n", stderr: "" });
    expect(await runProgram("nonsense -h")).toEqual({ code: 0, stdout: "Usage of all\n", stderr: "" });
    expect(await runProgram("weigh this --help")).toEqual({ code: 0, stdout: "Usage of weigh\n", stderr: "" });
    expect(await runProgram("weigh --version")).toEqual({ code: 0, stdout: "1.2.3\n", stderr: "" });
  });

  it("that makes sense runs its command, whose exit code counts", async () => {
    expect(await runProgram("weigh this that")).toEqual({ code: 1, stdout: "weigh this,that\n", stderr: "" });
  });

  it("that makes no sense is said with 2, in one line that no terminal obeys, where the usage is", async () => {
    const stderr = 'scales: there is no command "\\u001b[31m\\u009b"; the commands are look, weigh (scales --help shows the usage)\n';
    expect(await runProgram("\u001b[31m\u009b")).toEqual({ code: 2, stdout: "", stderr });
    const lacking: RunCommand = async (call) => oneDirectory(call, "of a log").length;
    expect(await runProgram("look", lacking)).toEqual({ code: 2, stdout: "", stderr: "scales: look needs the directory of a log (scales --help shows the usage)\n" });
  });
});

describe("a command that fails", () => {
  it("as its program foresees says so in one line, with 1 for damage and 3 for anything else", async () => {
    expect(await runProgram("look", fails(new Foreseen("torn\nfile")))).toEqual({ code: 1, stdout: "", stderr: "scales: foreseen: torn\\u000afile\n" });
    expect(await runProgram("look", fails(new Foreseen("busy")))).toEqual({ code: 3, stdout: "", stderr: "scales: foreseen: busy\n" });
  });

  it("as nobody foresees shows the way to it, with 3", async () => {
    const error = new TypeError("a defect");
    expect(await runProgram("look", fails(error))).toEqual({ code: 3, stdout: "", stderr: `scales: ${error.stack}\n` });
    expect(error.stack).toMatch(/^TypeError: a defect\n +at /);
    expect(await runProgram("look", fails("no error"))).toEqual({ code: 3, stdout: "", stderr: "scales: no error\n" });
  });
});

describe("an output", () => {
  it("that nobody reads any more ends the command quietly, with 0", async () => {
    expect(await runProgram("look", prints, { stdout: await brokenPipe() })).toEqual({ code: 0, stdout: "", stderr: "" });
    expect((await runProgram("--help", prints, { stdout: await brokenPipe() })).code).toBe(0);
  });

  it("of errors that nobody reads any more changes no exit code", async () => {
    for (const [line, code] of [["", 2], ["nonsense", 2], ["look", 3]] as const) {
      expect((await runProgram(line, fails(new Foreseen("busy")), { stderr: await brokenPipe() })).code).toBe(code);
    }
  });

  it.runIf(existsSync("/dev/full"))("that can't be written is said with 3", async () => {
    const { code, stderr } = await runProgram("look", prints, { stdout: createWriteStream("/dev/full") });
    expect([code, stderr]).toEqual([3, "scales: the output couldn't be written: ENOSPC: no space left on device, write\n"]);
  });
});
