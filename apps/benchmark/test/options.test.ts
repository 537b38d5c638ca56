import { expect, it } from "vitest";
import { help, parseOptions } from "../src/options.ts";
import { rows } from "../src/rows/rows.ts";

it("measures the standard work with all rows when nothing is said", () => {
  expect(parseOptions([])).toMatchObject({ help: false, only: [], rounds: 2, settings: { entries: 1_000_000, keyBytes: 16, valueBytes: 100 } });
});

it("takes each option", () => {
  const args = ["--only", "append", "--only", "delta", "--rounds", "7", "--entries", "500", "--key-bytes", "8", "--value-bytes", "1000", "--commit-ms", "20", "--json", "all.json", "--dir", "/data", "--better-sqlite3", "/peers"];
  const settings = { entries: 500, keyBytes: 8, valueBytes: 1000, commitMs: 20, betterSqlite3: "/peers" };
  expect(parseOptions(args)).toEqual({ help: false, only: ["append", "delta"], rounds: 7, settings, json: "all.json", directory: "/data" });
});

it("refuses what it can't measure, and says what it would take", () => {
  const refused: readonly (readonly [readonly string[], RegExp])[] = [
    [["--rounds", "0"], /--rounds: a whole number from 1 to \d+ is wanted, not "0"/],
    [["--entries", "1e6"], /--entries: a whole number .* not "1e6"/],
    [["--key-bytes", "5"], /--key-bytes: a whole number from 6/],
    [["--value-bytes", ""], /--value-bytes: a whole number/],
    [["--commit-ms", "-1"], /--commit-ms/],
    [["--only", "appends"], /no row "appends"; there are append, /],
    [["--nonsense"], /--nonsense/],
    [["append"], /append/],
  ];
  for (const [args, message] of refused) {
    expect(() => parseOptions(args)).toThrow(TypeError);
    expect(() => parseOptions(args)).toThrow(message);
  }
});

it("names every row in its help", () => {
  for (const { name } of rows) expect(help).toContain(name);
});
