import { describe, expect, it } from "vitest";
import { type CommandCall, type CommandOption, type Commands, oneDirectory, oneWordOf, readArguments, textOf, UsageError, wholeNumberOf } from "../src/command-line/index.ts";

type Name = "look" | "weigh";

const commands: Commands<Name> = new Map<Name, Readonly<Record<string, CommandOption>>>([
  ["look", { json: { type: "boolean" } }],
  ["weigh", { json: { type: "boolean" }, after: { type: "string" }, unit: { type: "string" }, scale: { type: "string", neverEmpty: true } }],
]);

/** A command that was read, with the values of its options. */
function callOf(...args: readonly string[]): CommandCall<Name> {
  const call = readArguments(args, commands);
  if (call.command === "help" || call.command === "version") throw new Error(`a question: ${call.command}`);
  return call;
}

function valuesOf(...options: readonly string[]): object {
  const { given } = callOf("weigh", ...options);
  return { after: wholeNumberOf(given, "after", { what: "the number of a record,", least: 1 }), unit: oneWordOf(given, "unit", ["g", "kg"]), scale: textOf(given, "scale") };
}

describe("arguments", () => {
  it("are a command, its operands and its options in any order, the last of two that are the same", () => {
    expect(callOf("weigh", "a", "--after", "-1", "--json", "b", "--after=2")).toEqual({ command: "weigh", operands: ["a", "b"], given: new Map<string, unknown>([["after", "2"], ["json", true]]) });
    expect(callOf("look", "--", "--json")).toEqual({ command: "look", operands: ["--json"], given: new Map() });
  });

  it("that ask for help or the version may have mistakes otherwise", () => {
    expect(readArguments(["weigh", "--nonsense", "-h"], commands)).toEqual({ command: "help", of: "weigh" });
    expect(readArguments(["nonsense", "--help", "--version"], commands)).toEqual({ command: "help", of: undefined });
    expect(readArguments(["--version", "--after"], commands)).toEqual({ command: "version" });
  });

  it.each([
    [[], "give a command: look, weigh"],
    [["--json"], "give a command: look, weigh"],
    [["__proto__"], 'there is no command "__proto__"; the commands are look, weigh'],
    [["\u202e"], 'there is no command "\\u202e"; the commands are look, weigh'],
    [["look", "--after", "1"], 'look has no option "--after"'],
    [["look", "-x"], 'look has no option "-x"'],
    [["look", "--__proto__"], 'look has no option "--__proto__"'],
    [["look", "--toString"], 'look has no option "--toString"'],
    [["look", "--json="], '--json takes no value, and "" was given'],
    [["weigh", "--after"], "--after needs a value"],
    [["weigh", "--scale="], "--scale needs a value"],
  ])("that are wrong are refused in words: %j", (args, message) => {
    expect(() => readArguments(args, commands)).toThrow(new UsageError(message));
  });

  it("may have an option that doesn't exist shown in another form", () => {
    expect(() => readArguments(["look", "-x"], commands, (option) => `<${option}>`)).toThrow(new UsageError("look has no option <-x>"));
  });
});

describe("values", () => {
  it("of options that aren't given are none", () => {
    expect(valuesOf()).toEqual({ after: undefined, unit: undefined, scale: undefined });
  });

  it("are a whole number, a word, a text", () => {
    expect(valuesOf("--after", "9007199254740991", "--unit=kg", "--scale", "new")).toEqual({ after: 9007199254740991, unit: "kg", scale: "new" });
  });

  it.each([
    ...["", "0", "-1", "1.5", "0x1", "1e3", " 1", "9007199254740992"].map((text) => [`--after=${text}`, `--after takes the number of a record, from 1 to 9007199254740991, not "${text}"`] as const),
    ...["", "t", "KG"].map((text) => [`--unit=${text}`, `--unit takes "g" or "kg", not "${text}"`] as const),
  ])("that are wrong are refused in words: %s", (option, message) => {
    expect(() => valuesOf(option)).toThrow(new UsageError(message));
  });
});

it("one directory is neither none nor two", () => {
  expect(oneDirectory(callOf("look", "a"), "of a log")).toBe("a");
  expect(() => oneDirectory(callOf("look"), "of a log")).toThrow(new UsageError("look needs the directory of a log"));
  expect(() => oneDirectory(callOf("look", ""), "of a log")).toThrow(new UsageError("look needs the directory of a log"));
  expect(() => oneDirectory(callOf("look", "a", "b\n"), "of a log")).toThrow(new UsageError('look takes one directory; "b\\n" is one too many'));
});
