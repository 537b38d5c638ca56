import { appendFile, chmod, mkdir, readFile, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "@laminar/disk/checksum";
import { describe, expect, it } from "vitest";
import { isCorruption, openCheckpointReader } from "../src/index.ts";
import { lookAt, runCommand } from "./run-command.ts";
import { bytesOf, LOG_ID, nameOf, publish, sampleDirectory } from "./sample-directory.ts";

const metadataOf = (directory: string, id: number): string => join(directory, nameOf(id), "metadata.json");
const stateOf = (directory: string, id: number): string => join(directory, nameOf(id), "state.bin");

async function flip(file: string, at: number): Promise<void> {
  const bytes = await readFile(file);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(file, bytes);
}

/** Metadata that verify and say `fields`. */
async function writeMetadata(directory: string, id: number, fields: object): Promise<void> {
  const body = JSON.stringify(fields, undefined, 2).slice(0, -2);
  await mkdir(join(directory, nameOf(id)), { recursive: true });
  await writeFile(metadataOf(directory, id), `${body},\n  "checksum": "${crc32(bytesOf(body)).toString(16).padStart(8, "0")}"\n}\n`);
}

// 9 and 10 are full, 11 and 12 deltas on 10.
const DAMAGES: readonly { readonly name: string; readonly damaged: readonly number[]; readonly apply: (directory: string) => Promise<void> }[] = [
  { name: "a bit of the base's state flipped", damaged: [12, 11, 10], apply: (directory) => flip(stateOf(directory, 10), 7) },
  { name: "a state cut", damaged: [12, 11], apply: (directory) => truncate(stateOf(directory, 11), 5) },
  { name: "a state emptied", damaged: [9], apply: (directory) => truncate(stateOf(directory, 9), 0) },
  { name: "a state grown", damaged: [12], apply: (directory) => appendFile(stateOf(directory, 12), "more") },
  { name: "a state gone", damaged: [12, 11, 10], apply: (directory) => rm(stateOf(directory, 10)) },
  { name: "a directory in a state's place", damaged: [9], apply: async (directory) => (await rm(stateOf(directory, 9)), mkdir(stateOf(directory, 9))).then(() => undefined) },
  { name: "a link in a state's place", damaged: [9], apply: async (directory) => (await rename(stateOf(directory, 9), join(directory, "moved")), symlink(join(directory, "moved"), stateOf(directory, 9))) },
  { name: "a bit of metadata flipped", damaged: [11], apply: (directory) => flip(metadataOf(directory, 11), 30) },
  { name: "metadata cut", damaged: [10], apply: (directory) => truncate(metadataOf(directory, 10), 40) },
  { name: "metadata gone", damaged: [12], apply: (directory) => rm(metadataOf(directory, 12)) },
  { name: "metadata of another one", damaged: [9], apply: async (directory) => writeFile(metadataOf(directory, 9), await readFile(metadataOf(directory, 10))) },
  { name: "metadata that make no sense", damaged: [9], apply: (directory) => writeMetadata(directory, 9, { formatVersion: 1, id: 9 }) },
  { name: "the base's directory gone", damaged: [12, 11], apply: (directory) => rm(join(directory, nameOf(10)), { recursive: true }) },
  { name: "the base replaced by one that verifies by itself", damaged: [12, 11], apply: async (directory) => (await rm(join(directory, nameOf(10)), { recursive: true }), void (await publish(directory, { id: 10, state: "other" }))) },
];

interface Report {
  readonly newestWhole: number | null;
  readonly checkpoints: readonly { readonly id: number; readonly verdict: string }[];
  readonly problems: readonly { readonly code: string; readonly file: string; readonly checkpoints: readonly number[] }[];
}

/** Ids, newest first, whose chain a reader finds damaged. */
async function damagedByReader(directory: string): Promise<number[]> {
  const reader = openCheckpointReader(directory);
  const damaged: number[] = [];
  for (const { id, metadata, problem } of (await reader.survey()).checkpoints) {
    const error: unknown = problem ?? (metadata && (await reader.verify(metadata).then(() => undefined, (reason: unknown) => reason)));
    // A part that isn't there rejects with another code, which is no damage beside a manager.
    if (error !== undefined && (isCorruption(error) || (error as { code?: string }).code === "CHECKPOINT_NOT_FOUND")) damaged.push(id);
  }
  return damaged;
}

describe("damage", () => {
  it.each(DAMAGES)("is found, named, and charged to every checkpoint that needs it: $name", async ({ damaged, apply }) => {
    const directory = await sampleDirectory();
    await apply(directory);
    const { code, stdout, stderr } = await lookAt(directory, "verify", "--json");
    const report = JSON.parse(stdout) as Report;
    expect([code, stderr]).toEqual([1, ""]);
    expect(report.checkpoints.filter(({ verdict }) => verdict === "damaged").map(({ id }) => id)).toEqual(damaged);
    expect(report.checkpoints.filter(({ verdict }) => verdict === "whole").length).toBe(report.checkpoints.length - damaged.length);
    expect(report.newestWhole).toBe(report.checkpoints.find(({ id }) => !damaged.includes(id))?.id);
    expect(report.problems).toMatchObject([{ code: "CHECKPOINT_CORRUPT", checkpoints: damaged }]);
    expect(await damagedByReader(directory)).toEqual(damaged);
  });
});

/** Damage of most kinds, and a checkpoint of a newer format whose version tries to colour the terminal. */
async function damagedDirectory(): Promise<string> {
  const directory = await sampleDirectory();
  await flip(stateOf(directory, 10), 7);
  await truncate(stateOf(directory, 11), 5);
  await rm(metadataOf(directory, 12));
  await flip(metadataOf(directory, 9), 30);
  await writeMetadata(directory, 13, { formatVersion: "9\u001b[31m", id: 13 });
  await publish(directory, { id: 14, base: [{ id: 1, size: 3, checksum: 5 }, { id: 11, size: 1, checksum: 7 }], state: "s" });
  return directory;
}

it("list says what metadata alone show", async () => {
  expect(await lookAt(await damagedDirectory(), "list")).toEqual({
    code: 1,
    stderr: "",
    stdout: `\
checkpoint  kind   base  parts  position  created                   bytes  keys  problem
        14  delta     1      3      1400  2026-01-02T03:18:05.000Z      1     -  damaged: it needs checkpoint 1, which isn't there; damaged: it needs checkpoint 11 with 1 byte, checksum 00000007, and that one's metadata say 6 bytes, checksum 5b3d6568
        13  -         -      -         -  -                             -     -  CHECKPOINT_UNSUPPORTED_FORMAT: checkpoint_000000000000000d/metadata.json: format version 9\\u001b[31m; this release reads 1. Use the release that wrote it, or a newer one.
        12  -         -      -         -  -                             -     -  damaged: checkpoint_000000000000000c/metadata.json isn't there
        11  delta    10      2      1100  2026-01-02T03:15:05.000Z      6    31
        10  full     10      1      1000  2026-01-02T03:14:05.000Z   2500    30
         9  -         -      -         -  -                             -     -  damaged: checkpoint_0000000000000009/metadata.json: the checksum of bytes 0 to 448 is c4d36b14 and should be 42d8ff9b
`,
  });
});

it("verify says all that is wrong, each once", async () => {
  expect(await lookAt(await damagedDirectory(), "verify")).toEqual({
    code: 1,
    stderr: "",
    stdout: `\
damaged: 5 of 6 checkpoints, and 1 couldn't be read; none is whole; 2506 bytes in 3 states read

checkpoint  kind   base  parts  position  restores  verdict
        14  delta     1      3      1400         5  damaged
        13  -         -      -         -         -  not read
        12  -         -      -         -         -  damaged
        11  delta    10      2      1100      2506  damaged
        10  full     10      1      1000      2500  damaged
         9  -         -      -         -         -  damaged

CHECKPOINT_CORRUPT
  file     checkpoint_0000000000000001/state.bin
  affects  checkpoint 14
  checkpoint_0000000000000001/state.bin isn't there

CHECKPOINT_CORRUPT
  file      checkpoint_000000000000000b/state.bin
  expected  1 byte, checksum 00000007
  found     5 bytes, checksum eca105f7
  affects   checkpoint 14
  checkpoint_000000000000000b/state.bin: the state has 4 bytes too many

CHECKPOINT_UNSUPPORTED_FORMAT
  file      checkpoint_000000000000000d/metadata.json
  expected  1
  found     9\\u001b[31m
  affects   checkpoint 13
  checkpoint_000000000000000d/metadata.json: format version 9\\u001b[31m; this release reads 1. Use the release that wrote it, or a newer one.

CHECKPOINT_CORRUPT
  file     checkpoint_000000000000000c/metadata.json
  affects  checkpoint 12
  checkpoint_000000000000000c/metadata.json isn't there

CHECKPOINT_CORRUPT
  file      checkpoint_000000000000000a/state.bin
  expected  2500 bytes, checksum 655341c7
  found     2500 bytes, checksum 17e0b038
  affects   checkpoints 11, 10
  checkpoint_000000000000000a/state.bin: the state's checksum differs

CHECKPOINT_CORRUPT
  file      checkpoint_000000000000000b/state.bin
  expected  6 bytes, checksum 5b3d6568
  found     5 bytes, checksum eca105f7
  affects   checkpoint 11
  checkpoint_000000000000000b/state.bin: the state lacks 1 byte

CHECKPOINT_CORRUPT
  file      checkpoint_0000000000000009/metadata.json
  expected  42d8ff9b
  found     c4d36b14
  affects   checkpoint 9
  checkpoint_0000000000000009/metadata.json: the checksum of bytes 0 to 448 is c4d36b14 and should be 42d8ff9b
`,
  });
});

it("verify --json gives each problem once, with the checkpoints that it affects", async () => {
  const directory = await sampleDirectory();
  await truncate(stateOf(directory, 11), 5);
  const { problems } = JSON.parse((await lookAt(directory, "verify", "--json")).stdout) as Report;
  expect(problems).toEqual([
    {
      code: "CHECKPOINT_CORRUPT",
      file: `${nameOf(11)}/state.bin`,
      expected: "6 bytes, checksum 5b3d6568",
      actual: "5 bytes, checksum eca105f7",
      message: `${nameOf(11)}/state.bin: the state lacks 1 byte`,
      checkpoints: [12, 11],
    },
  ]);
});

it("verify --id judges one chain, whatever else is damaged", async () => {
  const directory = await sampleDirectory();
  await flip(metadataOf(directory, 10), 30);
  await truncate(stateOf(directory, 9), 5);
  // The states of its chain are all that it needs.
  expect(await lookAt(directory, "verify", "--id", "12")).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ok: checkpoint 12; 2517 bytes in 3 states read\n/) as string });
  expect(await lookAt(directory, "verify", "--id", "9")).toMatchObject({ code: 1, stdout: expect.stringMatching(/^damaged: checkpoint 9; 5 bytes in 1 state read\n/) as string });
});

it("verify names the logs where checkpoints belong to several, which is no damage", async () => {
  const directory = await sampleDirectory();
  const plain = (await lookAt(directory, "verify")).stdout;
  expect(plain).not.toContain("belong to");
  await publish(directory, { id: 13, state: "", metadata: { walId: "ff".repeat(16) } });
  const { code, stdout } = await lookAt(directory, "verify");
  expect([code, stdout.slice(stdout.indexOf("\nThey"))]).toEqual([
    0,
    `\nThey belong to 2 logs; a recovery refuses those that aren't of the log it is given\n  ${"ff".repeat(16)}  checkpoint 13\n  ${LOG_ID}  checkpoints 12, 11, 10, 9\n`,
  ]);
  expect((await lookAt(directory, "verify", "--id", "13")).stdout).not.toContain("belong to");
});

it("show says on stderr what is wrong with the metadata: 1 for damage, 3 for a newer format", async () => {
  const directory = await damagedDirectory();
  const outcome = (id: number) => lookAt(directory, "show", "--id", String(id));
  expect(await outcome(12)).toEqual({ code: 1, stdout: "", stderr: `laminar-checkpoint: CHECKPOINT_CORRUPT: ${nameOf(12)}/metadata.json isn't there\n` });
  expect(await outcome(9)).toEqual({ code: 1, stdout: "", stderr: `laminar-checkpoint: CHECKPOINT_CORRUPT: ${nameOf(9)}/metadata.json: the checksum of bytes 0 to 448 is c4d36b14 and should be 42d8ff9b\n` });
  expect(await outcome(13)).toEqual({
    code: 3,
    stdout: "",
    stderr: `laminar-checkpoint: CHECKPOINT_UNSUPPORTED_FORMAT: ${nameOf(13)}/metadata.json: format version 9\\u001b[31m; this release reads 1. Use the release that wrote it, or a newer one.\n`,
  });
});

it("a newer format is no damage: list and verify say 3, and judge the others", async () => {
  const directory = await sampleDirectory();
  await writeMetadata(directory, 13, { formatVersion: 9, id: 13 });
  const [listed, verified] = [await lookAt(directory, "list"), await lookAt(directory, "verify")];
  expect([listed.code, verified.code]).toEqual([3, 3]);
  expect(listed.stdout.split("\n")).toHaveLength(7);
  expect(verified.stdout.split("\n")[0]).toBe("not read: 1 of 5 checkpoints; the newest whole one is 12, at log position 1200; 4767 bytes in 4 states read");
});

it("a state that isn't the user's to read is no damage: verify says 3, and judges the others", async () => {
  const directory = await sampleDirectory();
  await chmod(directory, 0o755);
  await chmod(stateOf(directory, 10), 0);
  // Nothing is forbidden to a superuser, so the command runs as nobody then.
  const outcome = await runCommand(["verify", directory], { uid: process.getuid?.() === 0 ? 65534 : undefined });
  expect(outcome.code).toBe(3);
  expect(outcome.stdout).toMatch(/^not read: 3 of 4 checkpoints; the newest whole one is 9, at log position 900; 2267 bytes in 3 states read\n/);
  expect(outcome.stdout).toMatch(/\nCHECKPOINT_IO\n {2}file {5}checkpoint_000000000000000a\/state\.bin\n {2}affects {2}checkpoints 12, 11, 10\n {2}open .*isn't allowed to \(EACCES\)/);
});

it("shows an instant that no calendar has as a number", async () => {
  const directory = await sampleDirectory();
  await publish(directory, { id: 13, state: "", metadata: { timestamp: Number.MAX_SAFE_INTEGER } });
  expect((await lookAt(directory, "show")).stdout).toMatch(/^created +9007199254740991 ms$/m);
  expect((await lookAt(directory, "list")).stdout).toMatch(/ 9007199254740991 ms /);
});
