import { createStateStore } from "@laminar/state-snapshot";
import { beforeAll, describe, expect, it } from "vitest";
import { recover, type RecoveredState, type RecoveryConfig, type RecoveryProgress, type RecoverySink } from "../src/index.ts";
import { diskWith, filesOf, type Written, written } from "./data-directories.ts";

const PLACES = { checkpointDir: "/data/checkpoints", walDir: "/data/log" };
const STOPPED = new Error("stopped");

let own: Written;
beforeAll(async () => {
  own = await written("own");
});

/** Recovers on a disk of its own and requires that nothing is left open or changed, however it ends. */
async function run(config: Partial<RecoveryConfig>): Promise<RecoveredState> {
  const disk = await diskWith(own.files);
  try {
    return await recover({ ...PLACES, disk, ...config });
  } finally {
    expect(disk.openFiles).toBe(0);
    expect(filesOf(disk)).toEqual(own.files);
  }
}

async function progressOf(config: Partial<RecoveryConfig> = {}): Promise<readonly RecoveryProgress[]> {
  const told: RecoveryProgress[] = [];
  await run({ ...config, onProgress: (progress) => void told.push(progress) });
  return told;
}

/** A sink that takes entries one block at a time, and one that takes the parts as they are. */
const SINKS: Readonly<Record<string, () => RecoverySink | undefined>> = {
  "without a sink": () => undefined,
  "with a sink of entries": () => ({
    async restore(entries) {
      for await (const _ of entries);
    },
    apply: () => undefined,
  }),
  "with a sink of parts": () => {
    const store = createStateStore();
    return { restore: () => undefined, restoreParts: async (parts) => (await store.restoreFrom(parts), store.size), apply: () => undefined };
  },
};

describe.each(Object.entries(SINKS))("a recovery %s", (_, sink) => {
  it("says how far it has come: the checkpoint first, then the log, never less than before, and all in the end", async () => {
    const { report, walEntriesReplayed } = await run({ apply: sink() });
    const told = await progressOf({ apply: sink() });
    const phases = told.map(({ phase }) => phase);
    expect([...phases].sort()).toEqual(phases);
    for (const [phase, entries] of [["checkpoint", report.checkpoint?.entries], ["replay", walEntriesReplayed]] as const) {
      const counted = told.filter((progress) => progress.phase === phase);
      expect(counted.map((progress) => progress.entries)).toEqual(counted.map((progress) => progress.entries).sort((a, b) => a - b));
      expect(counted.at(-1)?.entries).toBe(entries);
      for (const { entries: done, total } of counted) expect(done).toBeLessThanOrEqual(total ?? Number.POSITIVE_INFINITY);
    }
    expect(told.at(-1)?.total, "of how many entries the log has after the checkpoint").toBe(walEntriesReplayed);
  });

  it("ends with the signal's reason when it is aborted, at any step, and leaves nothing open and nothing changed", async () => {
    const steps = (await progressOf({ apply: sink() })).length;
    expect(steps).toBeGreaterThan(3);
    for (let step = 0; step < steps - 1; step++) {
      const controller = new AbortController();
      if (step === 0) controller.abort(STOPPED);
      let told = 0;
      const aborted = run({ apply: sink(), signal: controller.signal, onProgress: () => void (++told === step && controller.abort(STOPPED)) });
      await expect(aborted, `aborted at step ${step} of ${steps}`).rejects.toBe(STOPPED);
      expect(told).toBe(step);
    }
  });

  it("ends with what onProgress throws", async () => {
    const stop = (): never => {
      throw STOPPED;
    };
    await expect(run({ apply: sink(), onProgress: stop })).rejects.toBe(STOPPED);
  });
});

describe("a sink that fails", () => {
  it.each(["restore", "restoreParts", "apply"] as const)("in %s ends the recovery with its error, and leaves nothing open", async (method) => {
    const fail = (): never => {
      throw STOPPED;
    };
    const sink: RecoverySink = { restore: () => undefined, apply: () => undefined, [method]: fail };
    await expect(run({ apply: sink })).rejects.toBe(STOPPED);
  });
});
