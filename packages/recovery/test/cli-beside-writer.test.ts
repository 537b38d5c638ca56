import { cpSync, existsSync } from "node:fs";
import { cp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import type { Streams } from "@laminar/disk/command-line";
import { expect, it } from "vitest";
import type { Asked } from "../src/cli/arguments.ts";
import { findPlan } from "../src/cli/find-plan.ts";
import { plan } from "../src/cli/plan-command.ts";
import { recoverAndPrint } from "../src/cli/recover-command.ts";
import { report } from "../src/cli/report-command.ts";
import { openDurableState } from "../src/index.ts";
import { freshDirectory, runCommand, sampleState } from "./run-command.ts";

it("looks at a state beside its owner, which commits, checkpoints and drops, and sees one commit, whole", async () => {
  const root = await freshDirectory();
  const options = { directory: root, log: { segmentSize: 4096 }, checkpoints: { maxRetained: 1 } };
  const state = { done: false, commits: 0, checkpoints: 0 };
  const open = await openDurableState<number>(options);
  const write = async (): Promise<void> => {
    while (!state.done) {
      state.commits++;
      for (const key of ["left", "right", `key ${state.commits % 50}`]) open.put(key, state.commits);
      await open.commit();
      if (state.commits % 20 !== 0) continue;
      await open.checkpoint();
      state.checkpoints++;
    }
  };
  open.put("left", 0);
  open.put("right", 0);
  await open.commit();
  const writing = write();
  try {
    for (const command of ["plan", "recover", "report", "plan", "recover", "report", "plan", "recover", "report"]) {
      const { code, stdout, stderr } = await runCommand([command, "--state", root]);
      expect([code, command === "recover" ? "" : stderr], stderr).toEqual([0, ""]);
      if (command !== "recover") continue;
      const found = new Map(stdout.trimEnd().split("\n").map((line) => JSON.parse(line) as { key: string; decoded: number }).map(({ key, decoded }) => [key, decoded]));
      expect(found.get("left")).toBe(found.get("right"));
    }
  } finally {
    state.done = true;
    await writing;
    await open.close();
  }
  expect(state.checkpoints).toBeGreaterThan(1);
  expect((await readdir(join(root, "log"))).includes("0000000000000001.wal")).toBe(false);
  console.log(`9 looks beside an owner that made ${state.commits} commits and ${state.checkpoints} checkpoints meanwhile`);
});

const asked = (root: string): Asked => ({
  checkpointDir: join(root, "checkpoints"),
  walDir: join(root, "log"),
  until: undefined,
  replay: "committed",
  onDamage: "refuse",
  acceptMissingLog: false,
  mustExist: false,
});

it("takes a checkpoint that vanishes while plan reads it for an owner's work, and the one that came instead", async () => {
  const root = await sampleState();
  let vanished = false;
  const found = await findPlan(asked(root), () => {
    if (vanished) return;
    vanished = true;
    throw Object.assign(new Error("gone while it was read"), { code: "CHECKPOINT_NOT_FOUND" });
  });
  expect([vanished, found.plan.checkpoint?.id, found.plan.skipped]).toEqual([true, 2, []]);
});

it("takes for damage what two looks saw alike", async () => {
  const root = await sampleState();
  let looks = 0;
  const found = await findPlan(asked(root), ({ ofBytes }) => {
    // The chain of the newest one has two parts, and so more bytes.
    if (ofBytes < 200) return;
    looks++;
    throw Object.assign(new Error("gone"), { code: "CHECKPOINT_NOT_FOUND" });
  });
  expect([looks, found.plan.checkpoint?.id, found.plan.skipped.map(({ id, detail }) => [id, detail])]).toEqual([2, 1, [[2, "gone"]]]);
});

it("believes that the log is missing once two looks saw it, and not when it came meanwhile", async () => {
  const root = await sampleState();
  const log = await freshDirectory();
  await cp(join(root, "log"), log, { recursive: true });
  await rm(join(root, "log"), { recursive: true });
  let looks = 0;
  const missing = await findPlan(asked(root), ({ bytes, ofBytes }) => void (bytes === ofBytes && looks++));
  expect([missing.plan.refusal?.code, looks]).toEqual(["RECOVERY_LOG_MISSING", 2]);
  const found = await findPlan(asked(root), () => {
    if (!existsSync(join(root, "log"))) cpSync(log, join(root, "log"), { recursive: true });
  });
  expect([found.plan.refusal, found.log?.lastLsn]).toEqual([undefined, 8]);
});

it("shows how far it is on a terminal only, in a line that is gone at the end", async () => {
  const root = await freshDirectory();
  const state = await openDurableState<string>({ directory: root });
  for (let i = 0; i < 20_000; i++) state.put(`key ${i}`, "x".repeat(100));
  await state.commit();
  await state.checkpoint();
  await state.close();
  const recovering = "\\d+ (keys of the checkpoint|entries of the log)";
  const commands: readonly (readonly [line: string, after: string, run: (streams: Streams) => Promise<number>])[] = [
    ["verified \\d\\.\\d of \\d\\.\\d MB", "", (streams) => plan({ command: "plan", asked: asked(root), json: false }, streams)],
    [recovering, "", (streams) => report({ command: "report", asked: asked(root), json: false }, streams)],
    [recovering, "laminar-recovery: Checkpoint 1 .*\\n", (streams) => recoverAndPrint({ command: "recover", asked: asked(root), values: "text" }, streams)],
  ];
  for (const [line, after, run] of commands) {
    for (const isTTY of [true, false]) {
      let text = "";
      const stderr = new Writable({ decodeStrings: false, write: (chunk: string, _encoding, done) => ((text += chunk), done()) });
      expect(await run({ stdout: new PassThrough().resume(), stderr: Object.assign(stderr, { isTTY }) })).toBe(0);
      expect(text).toMatch(new RegExp(`^${isTTY ? `(\\r\\u001b\\[K${line})+\\r\\u001b\\[K` : ""}${after}$`));
    }
  }
});
