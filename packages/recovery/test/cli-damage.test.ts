import { cp, mkdir, readdir, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openCheckpointManager } from "@laminar/checkpoint";
import { crc32 } from "@laminar/disk/checksum";
import { StateSnapshot } from "@laminar/state-snapshot";
import { openWal } from "@laminar/wal";
import { describe, expect, it } from "vitest";
import { openDurableState } from "../src/index.ts";
import { freshDirectory, lookAt, sampleState, withoutIds } from "./run-command.ts";

const checkpoint = (root: string, id: number, file = ""): string => join(root, "checkpoints", `checkpoint_${id.toString(16).padStart(16, "0")}`, file);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const linesOf = (stdout: string): string[] => stdout.trimEnd().split("\n").sort();

async function flip(file: string, at: number): Promise<void> {
  const content = await readFile(file);
  content[at] = (content[at] ?? 0) ^ 1;
  await writeFile(file, content);
}

/** Changes the log where `text` stands in it. */
async function flipInLog(root: string, text: string): Promise<void> {
  for (const name of await readdir(join(root, "log"))) {
    if (!name.endsWith(".wal")) continue;
    const at = (await readFile(join(root, "log", name))).indexOf(text);
    if (at >= 0) return flip(join(root, "log", name), at);
  }
  throw new Error(`the log doesn't hold ${text}`);
}

/** Records 1 to 40 in segments of 1 KiB: a put of 400 bytes and a commit, twenty times; `between` runs after the tenth. */
async function manySegments(between: (root: string) => Promise<void> = async () => undefined): Promise<string> {
  const root = await freshDirectory();
  const state = await openDurableState<string>({ directory: root, log: { segmentSize: 1024 }, checkpoints: { minWalSizeForCheckpoint: Number.MAX_SAFE_INTEGER } });
  for (let i = 1; i <= 20; i++) {
    state.put("key", `number ${i} `.repeat(50));
    await state.commit();
    if (i === 10) await between(root);
  }
  await state.close();
  return root;
}

async function checkpointThatNamesNoLog(root: string, walPosition: number): Promise<void> {
  const manager = await openCheckpointManager({ directory: join(root, "checkpoints") });
  await manager.create({ walPosition, state: StateSnapshot.from([[bytes("k"), bytes(`at ${walPosition}`)]]).toBytes() });
  await manager.close();
}

describe("a damaged checkpoint", () => {
  it.each([
    ["its state", async (root: string) => flip(checkpoint(root, 2, "state.bin"), 40)],
    ["its state's end", async (root: string) => truncate(checkpoint(root, 2, "state.bin"), 60)],
    ["its metadata", async (root: string) => flip(checkpoint(root, 2, "metadata.json"), 40)],
    ["its state, gone", async (root: string) => rm(checkpoint(root, 2, "state.bin"))],
  ])("costs time and no data, is said, and exits with 1: %s", async (_, damage) => {
    const root = await sampleState();
    const whole = await lookAt(root, "recover");
    await damage(root);
    const planned = await lookAt(root, "plan");
    expect([planned.code, planned.stderr]).toEqual([1, ""]);
    expect(planned.stdout).toMatch(/^recoverable: checkpoint 1, then of the log records 4 to 8\n.*\nNewer checkpoints that aren't used\n {2}2 {2}damaged: .*(metadata\.json|state\.bin)/s);
    const recovered = await lookAt(root, "recover");
    expect([recovered.code, linesOf(recovered.stdout)]).toEqual([1, linesOf(whole.stdout)]);
    expect(recovered.stderr).toMatch(/^laminar-recovery: Checkpoint 1 at record 3 .*Checkpoint 2 was skipped, damaged: /);
    const reported = await lookAt(root, "report");
    expect([reported.code, withoutIds(`laminar-recovery: ${reported.stdout}`)]).toEqual([1, withoutIds(recovered.stderr)]);
    expect(JSON.parse((await lookAt(root, "plan", "--json")).stdout)).toMatchObject({ verdict: "recoverable", skipped: [{ id: 2, reason: "damaged" }] });
  });

  it.each(["state.bin", "metadata.json"])("is said to lack its %s in the words of the checkpoints' own command", async (name) => {
    const root = await sampleState();
    await rm(checkpoint(root, 2, name));
    const words = `  2  damaged: ${checkpoint(root, 2, name)} isn't there\n`;
    expect((await lookAt(root, "plan")).stdout).toContain(words);
  });
});

describe("a checkpoint of another run", () => {
  it("among others is named with its log, and what to do about it works", async () => {
    const [root, other] = [await sampleState(), await sampleState()];
    const state = await openDurableState({ directory: other });
    // The first one of an opening is full, so that it verifies wherever it stands.
    const { walId } = await state.checkpoint();
    await state.close();
    await rename(checkpoint(other, 3), checkpoint(root, 3));
    for (const command of ["plan", "report"]) {
      const { code, stdout, stderr } = await lookAt(root, command);
      expect([code, stdout + stderr]).toEqual([3, expect.stringContaining(`RECOVERY_LOG_MISMATCH: checkpoint 3 belongs to log ${walId}, and this is log `) as string]);
      expect(stdout + stderr).toContain("if that checkpoint was put among others, move it away");
    }
    await rename(checkpoint(root, 3), join(root, "moved"));
    expect(await lookAt(root, "plan")).toMatchObject({ code: 0, stdout: expect.stringMatching(/^recoverable: checkpoint 2, /) as string });
  });
});

describe("a damaged log", () => {
  it("is refused with its place and 1; with --on-damage stop what comes before it is recovered, and it is said", async () => {
    const root = await manySegments();
    await flipInLog(root, "number 7 ");
    for (const command of ["recover", "report"]) {
      expect(await lookAt(root, command)).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(/^laminar-recovery: WAL_CORRUPT: .*\.wal.*\n$/) as string });
    }
    const stopped = await lookAt(root, "recover", "--on-damage", "stop");
    expect([stopped.code, stopped.stdout]).toEqual([1, `${JSON.stringify({ key: "key", decoded: "number 6 ".repeat(50) })}\n`]);
    expect(stopped.stderr).toMatch(/^laminar-recovery: No checkpoint\. Of the log 12 entries read, 6 applied in 6 commits.* DAMAGED: the log was read up to 0{15}4\.wal at \d+ only/);
    const reported = await lookAt(root, "report", "--on-damage", "stop", "--json");
    expect([reported.code, JSON.parse(reported.stdout)]).toEqual([1, expect.objectContaining({ walPosition: 12, log: expect.objectContaining({ end: expect.objectContaining({ kind: "damaged" }) as object }) as object })]);
  });

  it("is seen by plan where it can be seen without reading the records: in the newest segment", async () => {
    const root = await sampleState();
    await flipInLog(root, "the builder");
    expect(await lookAt(root, "plan")).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(/^laminar-recovery: WAL_CORRUPT: /) as string });
    const stopped = await lookAt(root, "plan", "--on-damage", "stop");
    expect([stopped.code, stopped.stdout]).toEqual([1, expect.stringMatching(/^recoverable: checkpoint 2, then of the log no record\n.*\nlog ends +damaged, at offset \d+ of 0000000000000001\.wal, where reading stops: /s) as string]);
  });

  it("is seen by all where its newest header can't be read, though all before it is whole", async () => {
    const root = await manySegments();
    const names = (await readdir(join(root, "log"))).filter((name) => name.endsWith(".wal")).sort();
    await flip(join(root, "log", names.at(-1) ?? ""), 30);
    for (const command of ["plan", "recover", "report"]) {
      expect(await lookAt(root, command)).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(/^laminar-recovery: WAL_CORRUPT: /) as string });
      const stopped = await lookAt(root, command, "--on-damage", "stop");
      expect([stopped.code, stopped.stdout + stopped.stderr]).toEqual([1, expect.stringMatching(/DAMAGED|log ends +damaged/) as string]);
    }
  });

  it("of an unfinished write is no damage", async () => {
    const root = await sampleState();
    const segments = (await readdir(join(root, "log"))).filter((name) => name.endsWith(".wal"));
    const newest = join(root, "log", segments.sort().at(-1) ?? "");
    await truncate(newest, 490);
    const planned = await lookAt(root, "plan");
    expect([planned.code, planned.stdout]).toEqual([0, expect.stringMatching(/^recoverable: checkpoint 2, then of the log no record\n.*\nlog ends +torn, at offset \d+ of 0{15}1\.wal: \d+ bytes of a write that never finished/s) as string]);
    expect((await lookAt(root, "report")).stdout).toContain("The log ends in the remains of an unfinished write");
  });
});

interface Refusal {
  readonly code: string;
  readonly exit: number;
  readonly make: () => Promise<string>;
  readonly options?: readonly string[];
}

const REFUSALS: readonly Refusal[] = [
  {
    code: "RECOVERY_LOG_MISSING",
    exit: 3,
    make: async () => {
      const root = await sampleState();
      await rm(join(root, "log"), { recursive: true });
      await mkdir(join(root, "log"));
      return root;
    },
  },
  {
    code: "RECOVERY_LOG_MISMATCH",
    exit: 3,
    make: async () => {
      const [root, other] = [await sampleState(), await sampleState()];
      await rm(join(root, "log"), { recursive: true });
      await cp(join(other, "log"), join(root, "log"), { recursive: true });
      return root;
    },
  },
  {
    code: "RECOVERY_LOG_ID_UNKNOWN",
    exit: 3,
    make: async () => {
      const root = await sampleState();
      await rm(join(root, "checkpoints"), { recursive: true });
      await checkpointThatNamesNoLog(root, 3);
      return root;
    },
  },
  {
    code: "RECOVERY_POSITION_BEYOND_LOG",
    exit: 1,
    make: async () => {
      const copy = await freshDirectory();
      const root = await manySegments((half) => cp(join(half, "log"), copy, { recursive: true }));
      const state = await openDurableState({ directory: root });
      await state.checkpoint();
      await state.close();
      await rm(join(root, "log"), { recursive: true });
      await cp(copy, join(root, "log"), { recursive: true });
      return root;
    },
  },
  {
    code: "RECOVERY_LOG_STARTS_LATER",
    exit: 1,
    make: async () => {
      const root = await manySegments();
      const log = await openWal(join(root, "log"), { segmentSize: 1024 });
      expect(await log.truncateBefore(20)).toBeGreaterThan(0);
      await log.close();
      return root;
    },
  },
  {
    code: "RECOVERY_NO_USABLE_CHECKPOINT",
    exit: 1,
    make: async () => {
      const root = await freshDirectory();
      await mkdir(join(root, "log"));
      await checkpointThatNamesNoLog(root, 3);
      await flip(checkpoint(root, 1, "state.bin"), 40);
      return root;
    },
  },
  {
    code: "RECOVERY_NEWER_CHECKPOINT_DAMAGED",
    exit: 1,
    make: async () => {
      const root = await freshDirectory();
      await mkdir(join(root, "log"));
      await checkpointThatNamesNoLog(root, 3);
      await checkpointThatNamesNoLog(root, 4);
      await flip(checkpoint(root, 2, "metadata.json"), 40);
      return root;
    },
  },
  {
    code: "RECOVERY_NOT_FOUND",
    exit: 3,
    options: ["--must-exist"],
    make: async () => {
      const root = await freshDirectory();
      for (const name of ["checkpoints", "log"]) await mkdir(join(root, name));
      return root;
    },
  },
];

describe("a refusal", () => {
  it.each(REFUSALS)("is the same for all commands: $code with $exit", async ({ code, exit, make, options = [] }) => {
    const root = await make();
    const planned = await lookAt(root, "plan", ...options);
    const [first = ""] = planned.stdout.split("\n");
    expect([planned.code, planned.stderr, first]).toEqual([exit, "", expect.stringMatching(new RegExp(`^refused: ${code}: .`)) as string]);
    const said = { code: exit, stdout: "", stderr: `laminar-recovery: ${first.slice("refused: ".length)}\n` };
    expect(await lookAt(root, "recover", ...options)).toEqual(said);
    expect(await lookAt(root, "report", ...options)).toEqual(said);
    const object = await lookAt(root, "plan", "--json", ...options);
    expect([object.code, JSON.parse(object.stdout)]).toEqual([exit, expect.objectContaining({ verdict: "refused", refusal: expect.objectContaining({ code }) as object })]);
  });

  it("of a missing log is lifted by --accept-missing-log", async () => {
    const root = await sampleState();
    await rm(join(root, "log"), { recursive: true });
    const { code, stdout } = await lookAt(root, "recover", "--accept-missing-log");
    expect([code, linesOf(stdout)]).toEqual([0, ['{"key":"ada","decoded":{"born":{"$bigint":"1815"}}}', '{"key":"cy","decoded":[1,{"$number":"-0"}]}']]);
    expect((await lookAt(root, "plan", "--accept-missing-log")).stdout.split("\n")[0]).toBe("recoverable: checkpoint 2 alone; there is no log");
  });

  it("of another release's format is no damage: 3", async () => {
    const root = await sampleState();
    const body = JSON.stringify({ formatVersion: 9, id: 2 }, undefined, 2).slice(0, -2);
    await writeFile(checkpoint(root, 2, "metadata.json"), `${body},\n  "checksum": "${crc32(bytes(body)).toString(16).padStart(8, "0")}"\n}\n`);
    for (const command of ["plan", "recover", "report"]) {
      expect(await lookAt(root, command)).toMatchObject({ code: 3, stdout: "", stderr: expect.stringMatching(/^laminar-recovery: CHECKPOINT_UNSUPPORTED_FORMAT: .*format version 9.*\n$/) as string });
    }
  });

  it("of a state that isn't a snapshot names what is wrong, and prints no line", async () => {
    const root = await freshDirectory();
    const manager = await openCheckpointManager({ directory: join(root, "checkpoints") });
    await manager.create({ walPosition: 0, state: bytes("a form of one's own, which no snapshot has") });
    await manager.close();
    for (const command of ["recover", "report"]) {
      const outcome = await lookAt(root, command);
      expect([outcome.stdout, outcome.stderr]).toEqual(["", expect.stringMatching(/laminar-recovery: SNAPSHOT_[A-Z_]+: [^\n]*\n$/) as string]);
      expect(outcome.code).not.toBe(0);
    }
  });
});
