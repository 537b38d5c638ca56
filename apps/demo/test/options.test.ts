import { describe, expect, it } from "vitest";
import { help, parseOptions, UsageError } from "../src/options.ts";

describe("the options", () => {
  it("have defaults and take what --help names", () => {
    expect(parseOptions([])).toMatchObject({ kills: 5, events: 20_000, commitEvery: 100, directory: undefined, keep: false });
    const given = ["--", "--kills", "0", "--events", "7", "--commit-every", "3", "--dir", "x", "--keep", "--seed", "9"];
    expect(parseOptions(given)).toEqual({ kills: 0, events: 7, commitEvery: 3, directory: "x", keep: true, seed: 9, help: false });
    for (const option of ["--kills", "--events", "--commit-every", "--dir", "--keep", "--seed", "--help"]) expect(help).toContain(option);
  });

  it.each([
    [["--kills", "many"], '--kills takes a whole number from 0 to 1000, not "many"'],
    [["--kills", "1.5"], "--kills takes a whole number"],
    [["--events", "0"], "--events takes a whole number from 1 to 5000000"],
    [["--commit-every", ""], "--commit-every takes a whole number"],
    [["--dir", ""], "--dir takes a path"],
    [["--what"], "--what"],
    [["20000"], "20000"],
  ])("%j is refused in a sentence that says what would be right", (args, message) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
    expect(() => parseOptions(args)).toThrow(message);
  });
});
