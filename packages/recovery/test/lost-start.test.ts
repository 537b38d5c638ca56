import { readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { formatReport, openDurableState, recover } from "../src/index.ts";
import { freshDirectory, lookAt } from "./run-command.ts";

const STOP = ["--on-damage", "stop"];
const LOG = { segmentSize: 1024 };
const config = (root: string) => ({ checkpointDir: join(root, "checkpoints"), walDir: join(root, "log") });

/**
 * Commits of two records each, with full checkpoints at records 12 and 26 of 40, and a segment gone whose records only the
 * older one needs.
 */
async function withoutItsOldestSegment(): Promise<{ readonly root: string; readonly gone: string }> {
  const root = await freshDirectory();
  const state = await openDurableState<string>({ directory: root, log: LOG, checkpoints: { incremental: false, minWalSizeForCheckpoint: Number.MAX_SAFE_INTEGER } });
  for (let i = 1; i <= 20; i++) {
    state.put("key", `number ${i} `.repeat(50));
    await state.commit();
    if (i === 6 || i === 13) await state.checkpoint();
  }
  await state.close();
  const [oldest = ""] = (await readdir(join(root, "log"))).filter((name) => name.endsWith(".wal")).sort();
  await rm(join(root, "log", oldest));
  return { root, gone: oldest };
}

describe("a log whose oldest segment is gone, where a checkpoint covers it", () => {
  it("is refused, and the refusal names the file that is missing", async () => {
    const { root, gone } = await withoutItsOldestSegment();
    await expect(recover(config(root))).rejects.toMatchObject({ code: "WAL_LOST_SEGMENT", message: expect.stringContaining(`${gone} is gone`) as string });
    await expect(openDurableState({ directory: root })).rejects.toMatchObject({ code: "WAL_LOST_SEGMENT" });
  });

  it("is recovered whole with the word to stop, and the report says what is gone", async () => {
    const { root, gone } = await withoutItsOldestSegment();
    const { report, walPosition } = await recover({ ...config(root), onDamage: "stop" });
    expect([walPosition, report.checkpoint?.id, report.log?.end.kind]).toEqual([40, 2, "clean"]);
    expect(report.log?.damageAtStart).toContain(`${gone} is gone`);
    expect(formatReport(report)).toContain(`DAMAGED: the log's start is gone, and nothing of it was needed: ${report.log?.damageAtStart}. `);
    const state = await openDurableState({ directory: root, onDamage: "stop" });
    expect([state.get("key"), state.recovered.log?.damageAtStart]).toEqual(["number 20 ".repeat(50), report.log?.damageAtStart]);
    await state.close();
    const mended = await recover(config(root));
    expect([mended.walPosition, mended.report.log?.damageAtStart]).toEqual([40, undefined]);
    expect(formatReport(mended.report)).not.toContain("DAMAGED");
  });

  it("is damage for the commands, which say it with 1 and in their own words", async () => {
    const { root, gone } = await withoutItsOldestSegment();
    for (const command of ["plan", "report", "recover"]) {
      const refused = await lookAt(root, command);
      expect([refused.code, refused.stdout, refused.stderr]).toEqual([1, "", expect.stringMatching(/^laminar-recovery: WAL_LOST_SEGMENT: .* with --on-damage stop, where a recovery needs a checkpoint at record \d+ or later\n$/) as string]);
      const stopped = await lookAt(root, command, ...STOP);
      const said = stopped.stdout + stopped.stderr;
      expect([stopped.code, said]).toEqual([1, expect.stringContaining(`${gone} is gone`) as string]);
      expect(said).toMatch(/DAMAGED: the log's start is gone|^log begins +damaged: /m);
      expect(said).not.toContain("onDamage");
    }
    const [planned, reported] = [await lookAt(root, "plan", "--json", ...STOP), await lookAt(root, "report", "--json", ...STOP)];
    for (const { code, stdout } of [planned, reported]) {
      expect([code, JSON.parse(stdout)]).toEqual([1, expect.objectContaining({ log: expect.objectContaining({ damageAtStart: expect.stringContaining(gone) as string }) as object }) as object]);
    }
  });

  it("stays refused where no checkpoint is late enough, as the message said", async () => {
    const { root } = await withoutItsOldestSegment();
    await rm(join(root, "checkpoints", "checkpoint_0000000000000002"), { recursive: true });
    await expect(recover({ ...config(root), onDamage: "stop" })).rejects.toMatchObject({ code: "RECOVERY_LOG_STARTS_LATER" });
  });
});

it("where no segment's header can be read, what the message says works", async () => {
  const { root } = await withoutItsOldestSegment();
  for (const name of await readdir(join(root, "log"))) if (name.endsWith(".wal")) await writeFile(join(root, "log", name), "no header");
  for (const options of [[], STOP]) {
    expect(await lookAt(root, "plan", ...options)).toMatchObject({ code: 1, stderr: expect.stringMatching(/move the log away and recover from the newest checkpoint alone with --accept-missing-log\n$/) as string });
  }
  await rename(join(root, "log"), join(root, "moved"));
  const { code, stdout } = await lookAt(root, "recover", "--accept-missing-log");
  expect([code, stdout]).toEqual([0, `${JSON.stringify({ key: "key", decoded: "number 13 ".repeat(50) })}\n`]);
});
