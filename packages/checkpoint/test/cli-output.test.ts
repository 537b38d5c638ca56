import { expect, it } from "vitest";
import { lookAt } from "./run-command.ts";
import { litter, sampleDirectory } from "./sample-directory.ts";

// What people and scripts see. A change here is a change that they notice.

/** What the command prints of the sample directory. */
async function printed(command: string, ...options: readonly string[]): Promise<string> {
  const directory = await sampleDirectory();
  await litter(directory);
  const { code, stdout, stderr } = await lookAt(directory, command, ...options);
  expect([code, stderr]).toEqual([0, ""]);
  return stdout;
}

it("list: a line for each checkpoint, newest first, then leftovers and ignored names", async () => {
  expect(await printed("list")).toBe(`\
checkpoint  kind   base  parts  position  created                   bytes  keys
        12  delta    10      3      1200  2026-01-02T03:16:05.000Z     11     -
        11  delta    10      2      1100  2026-01-02T03:15:05.000Z      6    31
        10  full     10      1      1000  2026-01-02T03:14:05.000Z   2500    30
         9  full      9      1       900  2026-01-02T03:13:05.000Z   2250    27

Leftovers, which nobody reads
  tmp_000000000000000d    it was never published
  trash_0000000000000003  it was withdrawn

Names that look like checkpoints and are none
  "checkpoint_\\u001b[31m\\u202e"
  "checkpoint_ff"
`);
});

it("list --json: a JSON object a line", async () => {
  expect(await printed("list", "--json")).toBe(`\
{"type":"checkpoint","id":12,"kind":"delta","base":10,"parts":3,"walPosition":1200,"walId":"000102030405060708090a0b0c0d0e0f","epoch":7,"timestamp":1767323765000,"watermark":null,"sizeBytes":11,"keyCount":null,"problems":[]}
{"type":"checkpoint","id":11,"kind":"delta","base":10,"parts":2,"walPosition":1100,"walId":"000102030405060708090a0b0c0d0e0f","epoch":7,"timestamp":1767323705000,"watermark":null,"sizeBytes":6,"keyCount":31,"problems":[]}
{"type":"checkpoint","id":10,"kind":"full","base":10,"parts":1,"walPosition":1000,"walId":"000102030405060708090a0b0c0d0e0f","epoch":7,"timestamp":1767323645000,"watermark":"-5","sizeBytes":2500,"keyCount":30,"problems":[]}
{"type":"checkpoint","id":9,"kind":"full","base":9,"parts":1,"walPosition":900,"walId":"000102030405060708090a0b0c0d0e0f","epoch":7,"timestamp":1767323585000,"watermark":"-5","sizeBytes":2250,"keyCount":27,"problems":[]}
{"type":"leftover","name":"tmp_000000000000000d","why":"unpublished"}
{"type":"leftover","name":"trash_0000000000000003","why":"withdrawn"}
{"type":"ignored","name":"checkpoint_\\u001b[31m\\u202e"}
{"type":"ignored","name":"checkpoint_ff"}
`);
});

it("verify: the verdict in one line, then each checkpoint", async () => {
  expect(await printed("verify")).toBe(`\
ok: 4 checkpoints; the newest whole one is 12, at log position 1200; 4767 bytes in 4 states read

checkpoint  kind   base  parts  position  restores  verdict
        12  delta    10      3      1200      2517  whole
        11  delta    10      2      1100      2506  whole
        10  full     10      1      1000      2500  whole
         9  full      9      1       900      2250  whole
`);
});

it("verify --id: the chain of one", async () => {
  expect(await printed("verify", "--id", "11")).toBe(`\
ok: checkpoint 11; 2506 bytes in 2 states read

checkpoint  kind   base  parts  position  restores  verdict
        11  delta    10      2      1100      2506  whole
`);
});

it("verify --id --json: one JSON object", async () => {
  expect(await printed("verify", "--id", "11", "--json")).toBe(`\
{
  "verdict": "whole",
  "statesRead": 2,
  "bytesRead": 2506,
  "withdrawn": 0,
  "checkpoints": [
    {
      "id": 11,
      "verdict": "whole",
      "kind": "delta",
      "chain": [
        10,
        11
      ],
      "walPosition": 1100,
      "restores": 2506
    }
  ],
  "problems": []
}
`);
});

it("show: the newest, a delta without offsets", async () => {
  expect(await printed("show")).toBe(`\
checkpoint  12, delta
directory   checkpoint_000000000000000c
created     2026-01-02T03:16:05.000Z
parent      11
epoch       7
log         000102030405060708090a0b0c0d0e0f
position    1200
watermark   none
offsets     0 sources
keys        not counted
own state   11 bytes
restore     2517 bytes in 3 parts

Chain, which a restore reads in this order
  checkpoint  kind   bytes  checksum
          10  full    2500  655341c7
          11  delta      6  5b3d6568
          12  delta     11  628ce969
`);
});

it("show --id: a full one of the manager, with offsets", async () => {
  expect(await printed("show", "--id", "10")).toBe(`\
checkpoint  10, full
directory   checkpoint_000000000000000a
created     2026-01-02T03:14:05.000Z
parent      9
epoch       7
log         000102030405060708090a0b0c0d0e0f
position    1000
watermark   -5
offsets     2 sources
keys        30
own state   2500 bytes
restore     2500 bytes in 1 part

Chain, which a restore reads in this order
  checkpoint  kind  bytes  checksum
          10  full   2500  655341c7

Source offsets
  9223372036854775807  "requests"
                   10  "\\u001b[31m"
`);
});

it("show --id --json: one JSON object", async () => {
  expect(await printed("show", "--id", "10", "--json")).toBe(`\
{
  "id": 10,
  "epoch": 7,
  "timestamp": 1767323645000,
  "walPosition": 1000,
  "sizeBytes": 2500,
  "kind": "full",
  "isIncremental": false,
  "chain": [
    {
      "id": 10,
      "size": 2500,
      "checksum": 1699955143
    }
  ],
  "walId": "000102030405060708090a0b0c0d0e0f",
  "watermark": "-5",
  "keyCount": 30,
  "parentId": 9,
  "sourceOffsets": {
    "requests": "9223372036854775807",
    "\\u001b[31m": "10"
  }
}
`);
});
