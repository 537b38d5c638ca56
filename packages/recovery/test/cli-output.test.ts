import { join } from "node:path";
import { openWal, type WalEntryInput } from "@laminar/wal";
import { describe, expect, it } from "vitest";
import { freshDirectory, lookAt, runCommand, sampleState, unchanged, withoutIds } from "./run-command.ts";

// What people and scripts see. A change here is a change that they notice.

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const put = (key: string, value: string | Uint8Array): WalEntryInput => ({ type: "put", key: bytes(key), value: typeof value === "string" ? bytes(value) : value });
const sorted = (lines: string): string => lines.split("\n").sort().join("\n").trimStart();

/** What the command prints of the sample state. */
async function printed(command: string, ...options: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const { code, stdout, stderr } = await lookAt(await sampleState(), command, ...options);
  expect(code).toBe(0);
  return { stdout: withoutIds(stdout), stderr: withoutIds(stderr) };
}

describe("plan", () => {
  it("says what a recovery would do, what matters in the first line", async () => {
    expect(await printed("plan")).toEqual({
      stderr: "",
      stdout: `\
recoverable: checkpoint 2, then of the log records 7 to 8

checkpoint  2, delta, at record 6; 261 bytes in 2 parts, which verify
log         LOG; holds what comes after record 0, up to 8
log ends    clean, at offset 544 of 0000000000000001.wal
replay      records 7 to 8
`,
    });
  });

  it("takes a record as the point in time", async () => {
    expect((await printed("plan", "--until", "5")).stdout).toBe(`\
recoverable: checkpoint 1, then of the log records 4 to 5

checkpoint  1, full, at record 3; 141 bytes in 1 part, which verify
log         LOG; holds what comes after record 0, up to 8
log ends    clean, at offset 544 of 0000000000000001.wal
replay      records 4 to 5

Newer checkpoints that aren't used
  2  after-until: its position 6 is after the point asked for
`);
  });

  it("takes a watermark as the point in time", async () => {
    const { stdout } = await printed("plan", "--until-watermark", "15");
    expect(stdout.split("\n")[0]).toBe("recoverable: checkpoint 1, then of the log records 4 to 8, up to before the first commit whose watermark is above 15");
    expect((await printed("plan", "--until-watermark", "9")).stdout.split("\n")[0]).toMatch(/^recoverable: no checkpoint, then of the log records 1 to 8, up to before /);
  });

  it("says that nothing is to be replayed, or all records", async () => {
    expect((await printed("plan", "--until", "6")).stdout.split("\n")[0]).toBe("recoverable: checkpoint 2, then of the log no record");
    expect((await printed("plan", "--replay", "all")).stdout.split("\n")[0]).toBe("recoverable: checkpoint 2, then of the log all of records 7 to 8");
  });

  it("is one JSON object with --json", async () => {
    expect((await printed("plan", "--json", "--until", "7")).stdout).toBe(`\
{
  "verdict": "recoverable",
  "checkpoint": {
    "id": 2,
    "kind": "delta",
    "walPosition": 6,
    "walId": "LOG",
    "epoch": 0,
    "timestamp": N,
    "watermark": "20",
    "sourceOffsets": {
      "requests": "2"
    },
    "keyCount": 2,
    "chain": [
      1,
      2
    ],
    "bytes": 261
  },
  "replayAfter": 6,
  "replayUpTo": 7,
  "log": {
    "logId": "LOG",
    "startsAfter": 0,
    "lastLsn": 8,
    "damageAtStart": null,
    "end": {
      "kind": "clean",
      "file": "0000000000000001.wal",
      "offset": 544,
      "bytes": 0,
      "damage": null
    }
  },
  "skipped": [],
  "ignoredNames": [],
  "refusal": null
}
`);
  });
});

describe("recover", () => {
  it("prints a line for each key, and on stderr what was found", async () => {
    const { stdout, stderr } = await printed("recover");
    expect(sorted(stdout)).toBe(`\
{"key":"ada","decoded":{"born":{"$bigint":"1815"}}}
{"key":"cy","decoded":[1,{"$number":"-0"}]}
{"key":"dan","decoded":null}`);
    expect(stderr).toBe("laminar-recovery: Checkpoint 2 at record 6 (2 keys, 261 bytes). Of the log 2 entries read, 1 applied in 1 commit, 0 discarded without a commit. N ms.\n");
  });

  it("shows the state of a point in time", async () => {
    for (const until of [["--until", "5"], ["--until-watermark", "19"]]) {
      const { stdout, stderr } = await printed("recover", ...until);
      expect(sorted(stdout)).toBe('{"key":"ada","decoded":{"born":{"$bigint":"1815"}}}\n{"key":"bob","decoded":"the builder"}');
      expect(stderr).toMatch(/^laminar-recovery: Checkpoint 1 at record 3 .* PARTIAL: newer commits were left out, as asked for\. N ms\.\n$/);
    }
    expect((await printed("recover", "--until", "0")).stdout).toBe("");
  });

  it("shows values in the form that is asked for, each giving back exactly the bytes", async () => {
    const root = await freshDirectory();
    const log = await openWal(join(root, "log"));
    log.appendAll([put("text", "plain\ttext\n"), put("control", "a\u0000b"), put("not UTF-8", new Uint8Array([255])), put("one byte", "7"), put("", ""), { type: "commit", offsets: new Map() }]);
    await log.close();
    const lines = async (...options: readonly string[]) => sorted((await unchanged(root, () => runCommand(["recover", "--wal", join(root, "log"), ...options]))).stdout);
    const text = `\
{"key":"","value":""}
{"key":"control","value":{"base64":"YQBi"}}
{"key":"not UTF-8","value":{"base64":"/w=="}}
{"key":"one byte","value":"7"}
{"key":"text","value":"plain\\ttext\\n"}`;
    expect(await lines()).toBe(text);
    expect(await lines("--values", "text")).toBe(text);
    expect(await lines("--values", "msgpack")).toBe(`\
{"key":"","value":""}
{"key":"control","value":{"base64":"YQBi"}}
{"key":"not UTF-8","decoded":-1}
{"key":"one byte","decoded":55}
{"key":"text","value":"plain\\ttext\\n"}`);
    expect(await lines("--values", "base64")).toBe(`\
{"key":"","value":{"base64":""}}
{"key":"control","value":{"base64":"YQBi"}}
{"key":"not UTF-8","value":{"base64":"/w=="}}
{"key":"one byte","value":{"base64":"Nw=="}}
{"key":"text","value":{"base64":"cGxhaW4JdGV4dAo="}}`);
  });

  it("leaves out what no commit covers, and takes it in with --replay all", async () => {
    const root = await freshDirectory();
    const log = await openWal(join(root, "log"));
    log.appendAll([put("a", "1"), { type: "commit", offsets: new Map() }, put("b", "2"), { type: "delete", key: bytes("a") }]);
    await log.close();
    const committed = await lookAt(root, "recover", "--values", "text");
    expect([committed.stdout, committed.stderr]).toEqual(['{"key":"a","value":"1"}\n', expect.stringContaining("2 discarded without a commit") as string]);
    expect((await lookAt(root, "recover", "--values", "text", "--replay", "all")).stdout).toBe('{"key":"b","value":"2"}\n');
    expect((await lookAt(root, "report", "--replay", "all")).stdout).toContain("4 entries read, 3 applied");
  });
});

describe("report", () => {
  it("is one paragraph", async () => {
    expect(await printed("report")).toEqual({
      stderr: "",
      stdout: "Checkpoint 2 at record 6 (2 keys, 261 bytes). Of the log 2 entries read, 1 applied in 1 commit, 0 discarded without a commit. N ms.\n",
    });
  });

  it("is one JSON object with --json", async () => {
    expect((await printed("report", "--json")).stdout).toBe(`\
{
  "walPosition": 8,
  "epoch": 0,
  "watermark": "30",
  "sourceOffsets": {
    "requests": "3"
  },
  "checkpoint": {
    "id": 2,
    "walPosition": 6,
    "bytes": 261,
    "entries": 2
  },
  "log": {
    "logId": "LOG",
    "startsAfter": 0,
    "lastLsn": 8,
    "entriesRead": 2,
    "entriesApplied": 1,
    "entriesDiscarded": 0,
    "commitsApplied": 1,
    "end": {
      "kind": "clean",
      "file": "0000000000000001.wal",
      "offset": 544,
      "bytes": 0
    }
  },
  "skippedCheckpoints": [],
  "ignoredNames": [],
  "partial": false,
  "freshStart": false,
  "durations": {
    "checkpoint": N,
    "replay": N,
    "total": N
  }
}
`);
  });
});
