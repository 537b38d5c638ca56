import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { memoryWal, type WalBatch, type WalEntry } from "@laminar/wal";
import { logReaderConformance, writeContent } from "@laminar/wal/testing";
import { describe, expect, it } from "vitest";
import { ledgerReader } from "../src/ledger-reader.ts";
import { freshDirectory, run } from "./program.ts";

const id = "6c6f6720746861742069736e2774206f";
const ledgerOf = (...lines: readonly string[]): string => [JSON.stringify({ ledger: id }), ...lines, ""].join("\n");
const monday = ['{"ann":1500}', '{"bob":200}', '{"ann":1300,"bob":400}'];
const tuesday = ['{"bob":null,"eve":400}'];

/** Runs the program over a ledger that holds `text`. */
async function ledgerIn(directory: string) {
  const file = join(directory, "ledger.jsonl");
  const checkpoints = join(directory, "checkpoints");
  return async (text: string) => {
    await writeFile(file, text);
    const ended = await run("foreign-log", file, checkpoints);
    expect(await readFile(file, "utf8")).toBe(text);
    return ended;
  };
}

describe("a ledger as a log", () => {
  logReaderConformance({
    test: it,
    lacks: ["drops", "fences", "follow", "visit"],
    async create(content) {
      const log = memoryWal();
      await writeContent(log, content);
      const batches: WalBatch<WalEntry>[] = [];
      for await (const batch of log.read()) batches.push({ ...batch, session: 1 });
      return { reader: ledgerReader({ logId: id, batches, end: { kind: "clean", offset: 0, bytes: 0 } }) };
    },
  });
});

describe("a recovery over a log that isn't ours", () => {
  it("goes on in the ledger where the last checkpoint ends", async () => {
    const over = await ledgerIn(await freshDirectory());
    const first = await over(ledgerOf(...monday));
    expect([first.status, first.complaints]).toEqual([0, ""]);
    expect(first.lines[0]).toMatch(/^No checkpoint\. Of the log 7 entries read, 4 applied in 3 commits, 0 discarded/);
    expect(first.lines.slice(1).sort()).toEqual(["ann 1300", "bob 400", "checkpoint 1 holds the first 3 lines"]);

    const second = await over(ledgerOf(...monday, ...tuesday));
    expect(second.lines[0]).toMatch(/^Checkpoint 1 at record 7 .* Of the log 3 entries read, 2 applied in 1 commit, 0 discarded/);
    expect(second.lines.slice(1).sort()).toEqual(["ann 1300", "checkpoint 2 holds the first 4 lines", "eve 400"]);
  });

  it("makes no checkpoint where nothing is new", async () => {
    const directory = await freshDirectory();
    const over = await ledgerIn(directory);
    await over(ledgerOf(...monday));
    const { status, lines } = await over(ledgerOf(...monday));
    expect(status).toBe(0);
    expect(lines.slice(1).sort()).toEqual(["ann 1300", "bob 400"]);
    expect(await readdir(join(directory, "checkpoints"))).toEqual(["checkpoint_0000000000000001"]);
  });

  it("leaves out a line that was never finished, and says where", async () => {
    const over = await ledgerIn(await freshDirectory());
    const { lines } = await over(`${ledgerOf(...monday)}{"ann":99`);
    expect(lines[0]).toMatch(/The log ends in the remains of an unfinished write: .*ledger\.jsonl at \d+, 9 bytes\./);
    expect(lines.slice(1).sort()).toEqual(["ann 1300", "bob 400", "checkpoint 1 holds the first 3 lines"]);
  });

  it.each([
    ["another ledger", ledgerOf(...monday).replace("6c6f", "0000"), "RECOVERY_LOG_MISMATCH"],
    ["a ledger without its last line", ledgerOf(...monday.slice(0, 2)), "RECOVERY_POSITION_BEYOND_LOG"],
  ])("refuses %s and changes nothing", async (_, text, code) => {
    const directory = await freshDirectory();
    const over = await ledgerIn(directory);
    await over(ledgerOf(...monday));
    const { status, lines, complaints } = await over(text);
    expect([status, lines]).toEqual([1, []]);
    expect(complaints).toContain(`${code}: `);
    expect(await readdir(join(directory, "checkpoints"))).toEqual(["checkpoint_0000000000000001"]);
  });
});
