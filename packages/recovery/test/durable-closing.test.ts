import { createSimulatedDisk } from "@laminar/disk/testing";
import { describe, expect, it } from "vitest";
import { type DurableState, openDurableState } from "../src/index.ts";

const disk = () => createSimulatedDisk();
const closed = expect.objectContaining({ name: "RecoveryError", code: "RECOVERY_STATE_CLOSED" }) as unknown;

async function withState(use: (state: DurableState<string, number>, again: () => Promise<DurableState<string, number>>) => Promise<void>): Promise<void> {
  const machine = disk();
  const open = (): Promise<DurableState<string, number>> => openDurableState<number>({ directory: "/data", disk: machine, keys: "string" });
  await use(await open(), open);
  expect(machine.openFiles).toBe(0);
}

describe("closing a durable state", () => {
  it("waits for no update's function: the update is refused when its function ends, and none of it counts", async () => {
    await withState(async (state, again) => {
      let end = (): void => undefined;
      const waits = new Promise<void>((resolve) => (end = resolve));
      const first = state.update(async (group) => (group.put("a", 1), waits));
      const second = state.update((group) => group.put("b", 2));
      const refused = Promise.all([expect(first).rejects.toEqual(closed), expect(second).rejects.toEqual(closed)]);
      await Promise.resolve();
      await state.close();
      const opened = await again();
      end();
      await refused;
      expect(opened.size).toBe(0);
      await opened.close();
    });
  });

  it("may be asked for in an update's function", async () => {
    await withState(async (state) => {
      await expect(state.update(() => state.close())).rejects.toEqual(closed);
    });
  });

  it("lets commits that are under way end, durable or with an error, and makes a checkpoint under way whole or none", async () => {
    await withState(async (state, again) => {
      state.put("a", 1);
      const underWay = [state.commit(), state.checkpoint(), state.checkpoint()];
      state.put("b", 2);
      const later = state.commit();
      const outcomes = Promise.allSettled([...underWay, later]);
      await state.close();
      expect((await outcomes).map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "fulfilled", "fulfilled"]);
      const opened = await again();
      expect([opened.get("a"), opened.get("b"), opened.recovered.checkpoint?.id]).toEqual([1, 2, 2]);
      await opened.close();
    });
  });
});
