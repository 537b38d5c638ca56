import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCheckpointManager } from "@laminar/checkpoint";
import { StateSnapshot } from "@laminar/state-snapshot";
import { openWal, type WalEntryInput } from "@laminar/wal";
import { afterEach, beforeEach, expect, it } from "vitest";
import { recover, recoverSimple } from "../src/index.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const put = (key: string): WalEntryInput => ({ type: "put", key: bytes(key), value: bytes("v") });
const commit: WalEntryInput = { type: "commit", offsets: new Map([["s", 1]]) };
const state = StateSnapshot.from([[bytes("a"), bytes("v")]]).toBytes();

let root = "";
let checkpointDir = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "laminar-gaps-"));
  checkpointDir = join(root, "checkpoints");
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

async function checkpointOfLog(name: string): Promise<void> {
  const log = await openWal(join(root, name));
  const manager = await openCheckpointManager({ directory: checkpointDir, log });
  const walPosition = log.appendAll([put("a"), put("b"), commit]);
  await log.sync();
  await manager.create({ walPosition, state });
  await manager.close();
  await log.close();
}

it("damage doesn't turn a refused mixture of checkpoint and log into a state", async () => {
  await checkpointOfLog("mine");
  const other = await openWal(join(root, "other"));
  other.appendAll([put("stranger"), commit]);
  await other.close();
  await expect(recoverSimple(checkpointDir, join(root, "other"))).rejects.toMatchObject({ code: "RECOVERY_LOG_MISMATCH" });
  await writeFile(join(checkpointDir, "checkpoint_0000000000000001", "state.bin"), "junk");
  await expect(recoverSimple(checkpointDir, join(root, "other"))).rejects.toMatchObject({ code: "RECOVERY_LOG_MISMATCH" });
});

it("a point in time before the only checkpoint, with the log gone, isn't an empty fresh start", async () => {
  await checkpointOfLog("mine");
  await rm(join(root, "mine"), { recursive: true });
  await expect(recoverSimple(checkpointDir, join(root, "mine"))).rejects.toMatchObject({ code: "RECOVERY_LOG_MISSING" });
  await expect(recover({ checkpointDir, walDir: join(root, "mine"), until: 2 })).rejects.toMatchObject({ code: "RECOVERY_LOG_MISSING" });
});
