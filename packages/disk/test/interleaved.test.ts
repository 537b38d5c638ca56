import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createSimulatedDisk, diskConformance, type Operation, type SimulatedDisk } from "../src/testing/index.ts";

function filled(length: number, value: number): Uint8Array {
  return new Uint8Array(length).fill(value);
}

/** What programs did on a disk and its other processes, in one order. */
function watch(...processes: readonly SimulatedDisk[]): string[] {
  const seen: string[] = [];
  for (const [number, process] of processes.entries()) {
    process.beforeEach(({ kind, path, position = "" }) => seen.push(`${number + 1} ${kind} ${path} ${position} at ${process.clock.monotonic()}`));
  }
  return seen;
}

/** Two processes, each of which makes some files and waits now and then. */
async function busy(seed: number): Promise<readonly string[]> {
  const disk = createSimulatedDisk();
  const other = disk.anotherProcess();
  const seen = watch(disk, other);
  const work = async (process: SimulatedDisk, name: string): Promise<void> => {
    for (let round = 0; round < 5; round++) {
      const file = await process.create(`/${name}${round}`);
      await Promise.all([file.write(0, filled(1, 1)), file.write(512, filled(1, 2)), file.sync()]);
      if (round === 2) await new Promise<void>((resolve) => process.clock.after(10, resolve));
      await nextTurn();
      await file.close();
    }
  };
  await disk.runInterleaved(() => Promise.all([work(disk, "a"), work(other, "b")]), { seed });
  return seen;
}

const never = (): Promise<never> => new Promise(() => undefined);

describe("an interleaved run", () => {
  test("lets calls that wait at the same time take effect in every order, one at a time", async () => {
    const orders = new Map<string, number>();
    for (let seed = 1; seed <= 200; seed++) {
      const disk = createSimulatedDisk();
      const file = await disk.create("/a");
      const order: number[] = [];
      const write = async (position: number): Promise<void> => {
        await file.write(position, filled(1, 1));
        order.push(position);
      };
      await disk.runInterleaved(() => Promise.all([write(0), write(1), write(2)]), { seed });
      expect(disk.operations.slice(1).map(({ position }) => position)).toEqual(order);
      orders.set(order.join(), (orders.get(order.join()) ?? 0) + 1);
    }
    console.log(`orders of three writes over 200 seeds: ${[...orders].map(([order, count]) => `${order} ${count}×`).join("; ")}`);
    expect(orders.size).toBe(6);
  });

  test("does the same for the same seed, and something else for another", async () => {
    const orders = new Set<string>();
    for (let seed = 1; seed <= 20; seed++) {
      const order = await busy(seed);
      expect(await busy(seed), `seed ${seed}`).toEqual(order);
      orders.add(order.join());
    }
    expect(orders.size).toBe(20);
  });

  test("lets nothing take effect before everything that can run has come to its next call", async () => {
    const disk = createSimulatedDisk();
    const seen = watch(disk);
    await disk.runInterleaved(async () => {
      const first = disk.stat("/first");
      for (let turn = 0; turn < 3; turn++) await nextTurn();
      for (let step = 0; step < 1000; step++) await Promise.resolve();
      expect(seen).toEqual([]);
      await Promise.all([first, disk.stat("/second")]);
    });
    expect(seen.length).toBe(2);
  });

  test("lets calls that return at once take effect at once, in front of those that wait", async () => {
    const disk = createSimulatedDisk();
    const seen = watch(disk);
    await disk.runInterleaved(async () => {
      const created = disk.create("/a");
      expect(disk.statSync("/a")).toBeUndefined();
      (await created).writeSync(0, filled(1, 1));
      expect(disk.statSync("/a")?.size).toBe(1);
    });
    expect(seen.map((line) => line.split(" ")[1])).toEqual(["stat", "create", "write", "stat"]);
  });

  test("ends with what the program gives, or throws, and then all is as it was before", async () => {
    const disk = createSimulatedDisk();
    expect(await disk.runInterleaved(async () => "done")).toBe("done");
    await expect(disk.runInterleaved(() => Promise.reject(new Error("its own")))).rejects.toThrow("its own");
    const thrown = (): Promise<void> => {
      throw new Error("at once");
    };
    await expect(disk.runInterleaved(thrown)).rejects.toThrow("at once");
    // Nobody waits for this one, which comes after the end.
    let left: Promise<unknown> = Promise.resolve();
    await disk.runInterleaved(async () => {
      left = Promise.all([disk.makeDirectory("/d"), disk.makeDirectory("/d/e")]);
    });
    await left;
    expect(disk.operations.map(({ path }) => path)).toEqual(["/d", "/d/e"]);
  });

  test("keeps observers, faults, images and the death of a process", async () => {
    for (let seed = 1; seed <= 50; seed++) {
      const disk = createSimulatedDisk();
      const other = disk.anotherProcess();
      disk.plan(({ kind }) => (kind === "sync" ? { kind: "error", errno: "EIO" } : undefined));
      const images: string[] = [];
      disk.beforeEach(() => images.push(...[...disk.powerCuts()].map(({ hash }) => hash)));
      await disk.runInterleaved(async () => {
        const file = await disk.create("/a");
        const synced = expect(file.sync()).rejects.toMatchObject({ code: "DISK_IO" });
        const dead = expect(other.create("/b")).rejects.toMatchObject({ code: "DISK_CLOSED" });
        other.kill();
        await Promise.all([synced, dead]);
      }, { seed });
      expect(images.length).toBeGreaterThan(1);
      expect([...disk.killed().files.keys()]).toEqual(["/a"]);
    }
  });

  test("is one at a time on a machine, and takes a program, a seed and a limit", async () => {
    const disk = createSimulatedDisk();
    const refusal = "runs interleaved on this machine already";
    await disk.runInterleaved(async () => {
      await expect(disk.runInterleaved(async () => undefined)).rejects.toThrow(refusal);
      await expect(disk.anotherProcess().runInterleaved(async () => undefined)).rejects.toThrow(refusal);
      const image = disk.killed().mount();
      await image.makeDirectory("/d");
    });
    await expect(disk.runInterleaved(undefined as never)).rejects.toThrow(TypeError);
    for (const options of [{ seed: 0.5 }, { seed: Number.NaN }, { timeLimit: -1 }, { timeLimit: Number.NaN }]) {
      await expect(disk.runInterleaved(async () => undefined, options)).rejects.toThrow(RangeError);
    }
    expect(disk.operations).toEqual([]);
  });
});

describe("the time of an interleaved run", () => {
  test("goes on to the next timer when nothing else can run, and by itself a little with each call", async () => {
    const disk = createSimulatedDisk();
    const fired: string[] = [];
    await disk.runInterleaved(async () => {
      const wait = (milliseconds: number): Promise<void> =>
        new Promise((resolve) => disk.clock.after(milliseconds, () => (fired.push(`${milliseconds} at ${disk.clock.monotonic()}`), resolve())));
      await Promise.all([wait(1000), wait(50), wait(20).then(() => wait(20))]);
    });
    expect(fired).toEqual(["20 at 20", "20 at 40", "50 at 50", "1000 at 1000"]);
  });

  test("has timers fire between the calls that wait, as on a slow disk, and late at times", async () => {
    const between = new Set<number>();
    for (let seed = 1; seed <= 50; seed++) {
      const disk = createSimulatedDisk();
      await disk.runInterleaved(async () => {
        const calls = Array.from({ length: 10 }, () => disk.stat("/a"));
        disk.clock.after(5, () => between.add(disk.operations.length));
        await Promise.all(calls);
      }, { seed });
    }
    expect(between.size).toBeGreaterThan(4);
  });

  test("ends a run whose timer throws", async () => {
    const disk = createSimulatedDisk();
    const broken = (): void => {
      throw new Error("a broken timer");
    };
    await expect(disk.runInterleaved(() => (disk.clock.after(5, broken), never()))).rejects.toThrow("a broken timer");
    expect(await disk.stat("/a")).toBeUndefined();
  });
});

describe("a program that is stuck", () => {
  test("is told by an error with the last operations, and by which process", async () => {
    const disk = createSimulatedDisk();
    const other = disk.anotherProcess();
    const program = async (): Promise<void> => {
      const file = await disk.create("/a");
      file.writeSync(512, filled(3, 1));
      await other.rename("/a", "/b");
      await never();
    };
    const run = disk.runInterleaved(program, { seed: 7 });
    await expect(run).rejects.toMatchObject({ name: "StuckError", code: "DISK_STUCK", seed: 7 });
    await expect(run).rejects.toMatchObject({
      lastOperations: [
        { process: 1, index: 0, kind: "create", path: "/a" },
        { process: 1, index: 1, kind: "write", path: "/a", position: 512, length: 3 },
        { process: 2, index: 0, kind: "rename", path: "/a", target: "/b" },
      ],
    });
    const { message } = await run.catch((error: unknown) => error as Error) as Error;
    console.log(message);
    expect(message).toContain("seed 7");
    expect(message).toMatch(/process 1: create \/a\n.*process 1: write \/a \(3 bytes at 512\)\n.*process 2: rename \/a to \/b/);
    expect(await disk.stat("/b")).toMatchObject({ size: 515 });
  });

  test("is told although something else looks again and again, after the time that it may take", async () => {
    const disk = createSimulatedDisk();
    let looks = 0;
    let isOver = false;
    const program = async (): Promise<void> => {
      const look = (): void => {
        looks += 1;
        if (isOver) return;
        void disk.stat("/a").then(() => disk.clock.after(50, look));
      };
      look();
      await never();
    };
    await expect(disk.runInterleaved(program, { timeLimit: 5_000 })).rejects.toMatchObject({ code: "DISK_STUCK" });
    isOver = true;
    expect(looks).toBeGreaterThan(90);
    expect(disk.clock.monotonic()).toBeLessThan(6_000);
  });

  test("is not one that works for long without a call", async () => {
    const disk = createSimulatedDisk();
    const turns = await disk.runInterleaved(async () => {
      let taken = 0;
      for (; taken < 100; taken++) await nextTurn();
      return taken;
    });
    expect(turns).toBe(100);
  });
});

describe("a simulated disk in an interleaved run", () => {
  let disk = createSimulatedDisk();
  diskConformance({
    test: (name, run) =>
      test(name, async () => {
        for (let seed = 1; seed <= 30; seed++) {
          disk = createSimulatedDisk();
          await disk.makeDirectory("/work");
          await disk.runInterleaved(run, { seed });
          expect(disk.openFiles, `seed ${seed}`).toBe(0);
        }
      }),
    create: async () => ({ disk, directory: "/work", passTime: (milliseconds) => disk.advance(milliseconds), dispose: async () => undefined }),
  });

  test("frees a handle after the calls that were made on it before", async () => {
    const closedBefore: number[] = [];
    for (let seed = 1; seed <= 30; seed++) {
      disk = createSimulatedDisk();
      const kinds = await disk.runInterleaved(async () => {
        const file = await disk.create("/a");
        await Promise.all([file.write(0, filled(1, 1)), file.read(0, filled(1, 1)), file.sync(), file.close(), disk.stat("/b")]);
        return disk.operations.map(({ kind }: Operation) => kind);
      }, { seed });
      expect(kinds.filter((kind) => kind !== "stat").at(-1)).toBe("close");
      closedBefore.push(kinds.indexOf("close"));
    }
    expect(new Set(closedBefore).size).toBe(2);
  });
});
