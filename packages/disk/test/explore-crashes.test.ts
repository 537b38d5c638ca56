import { describe, expect, it } from "vitest";
import type { Disk } from "../src/index.ts";
import { readFully, writeFully } from "../src/index.ts";
import { type CrashTest, createSimulatedDisk, exploreCrashes, type Life } from "../src/testing/index.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** How a greeting is replaced; the steps of it that a test leaves out. */
type Barrier = "sync" | "syncDirectory" | "rename";

async function replace(disk: Disk, text: string, without: Barrier | undefined): Promise<void> {
  const name = without === "rename" ? "/greeting" : "/greeting.tmp";
  if (await disk.stat(name)) await disk.remove(name);
  const file = await disk.create(name);
  await writeFully(file, 0, encoder.encode(text));
  if (without !== "sync") await file.sync();
  await file.close();
  if (without !== "rename") await disk.rename("/greeting.tmp", "/greeting");
  if (without !== "syncDirectory") await disk.syncDirectory("/");
}

async function greetingOf(disk: Disk): Promise<string> {
  const status = await disk.stat("/greeting");
  if (status === undefined) return "";
  const file = await disk.open("/greeting");
  const bytes = new Uint8Array(status.size);
  await readFully(file, 0, bytes);
  await file.close();
  return decoder.decode(bytes);
}

type Told = { readonly kind: "submitted" | "durable"; readonly text: string };

function greetings(without?: Barrier): CrashTest<string, Told> {
  return {
    steps: (random) => Array.from({ length: 4 }, () => "hello".repeat(1 + Math.floor(random() * 300))),
    async run({ disk, steps, tell }: Life<string, Told>) {
      for (const text of steps) {
        tell({ kind: "submitted", text });
        await replace(disk, text, without);
        tell({ kind: "durable", text });
      }
    },
    recover: greetingOf,
    judge(found, told) {
      const durable = told.map(({ kind }) => kind).lastIndexOf("durable");
      const allowed = told.slice(Math.max(0, durable)).map(({ text }) => text);
      return allowed.includes(found) || (durable < 0 && found === "") ? undefined : `found ${found.length} characters, and not those of ${allowed.map(({ length }) => length).join(" or ")}`;
    },
  };
}

describe("the exploration of crashes", () => {
  it("looks at so many distinct states of a program that keeps its promises, also after crashes upon crashes", async () => {
    const findings = await exploreCrashes(greetings(), { states: 2000, nested: (depth) => (depth < 3 ? 0.05 : 0) });
    expect(findings.failure).toBeUndefined();
    expect(findings.states).toBe(2000);
    expect(findings.looked).toBeGreaterThan(findings.states);
    expect(findings.byDepth.reduce((sum, count) => sum + count, 0)).toBe(2000);
    expect(findings.byDepth.length).toBeGreaterThanOrEqual(3);
  });

  it.each(["sync", "syncDirectory", "rename"] as const)("finds the crash after which a program without its %s breaks its promise, with the one step that it takes", async (barrier) => {
    const { failure } = await exploreCrashes(greetings(barrier), { states: 10_000 });
    expect(failure).toMatchObject({ kind: "broken" });
    expect(failure?.steps.length).toBeLessThanOrEqual(2);
    const again = await exploreCrashes(greetings(barrier), { states: 10_000, seed: failure?.seed, lives: 1 });
    expect(String(again.failure)).toBe(String(failure));
  });

  it("judges a content again when more was promised meanwhile", async () => {
    // Every content that this one leaves was legal a moment before.
    const test: CrashTest<string, Told> = { ...greetings(), async run({ steps, tell }) {
      for (const text of steps) tell({ kind: "durable", text });
    } };
    const { failure } = await exploreCrashes({ ...test, async run(life) {
      await life.disk.makeDirectory("/d");
      await test.run(life);
      await life.disk.syncDirectory("/");
    } }, { states: 10 });
    expect(failure).toMatchObject({ kind: "broken", operation: { kind: "syncDirectory" } });
  });

  it("tells what the crash left", async () => {
    const { failure } = await exploreCrashes(greetings("sync"), { states: 10_000 });
    expect(String(failure)).toMatch(/found \d+ characters[^]*seed 1, 1 steps:\n {2}"hello[^]*crash before \w+ \/[^]*after:\n[^]*\/greeting: /);
  });

  it("finds a program that fails, hangs, leaves a handle open, or whose recovery refuses", async () => {
    const run = async (change: Partial<CrashTest<string, Told>>): Promise<string> => {
      const { failure } = await exploreCrashes({ ...greetings(), ...change }, { states: 100 });
      return `${failure?.kind}: ${failure?.what}`;
    };
    expect(await run({ run: async () => Promise.reject(new Error("no")) })).toBe("failed: Error: no");
    expect(await run({ run: () => new Promise(() => undefined) })).toMatch("failed: Error: It hangs: nothing is left to run.");
    expect(await run({ run: async ({ disk }) => void (await disk.create("/left")) })).toBe("failed: 1 handles are open at its end");
    expect(await run({ recover: async () => Promise.reject(new Error("no")) })).toBe("refused: recovery refuses it: Error: no");
  });

  it("lets time pass for a program that waits for it", async () => {
    const run: CrashTest<string, Told>["run"] = ({ disk }) => new Promise((resolve) => void disk.clock.after(1000, resolve));
    expect((await exploreCrashes({ ...greetings(), run }, { states: 1, lives: 1 })).failure).toBeUndefined();
  });

  it("leaves the steps of a failure as they were where nobody wants fewer", async () => {
    const { failure } = await exploreCrashes(greetings("sync"), { states: 10_000, shrink: false });
    expect(failure?.steps).toHaveLength(4);
  });

  it("counts what counts as the same once", async () => {
    const { states } = await exploreCrashes(greetings(), { states: 10_000, lives: 1, contentOf: (image) => (image.files.has("/greeting") ? "1" : "0").repeat(16) });
    expect(states).toBe(2);
  });

  it("ends when there is nothing new", async () => {
    const { states, lives } = await exploreCrashes({ ...greetings(), steps: () => ["hello"] }, { states: 10_000, nested: () => 0 });
    expect(states).toBeLessThan(100);
    expect(lives).toBe(101);
  });

  it("refuses numbers that make no sense", async () => {
    await expect(exploreCrashes(greetings(), { states: 0 })).rejects.toThrow(RangeError);
    await expect(exploreCrashes(greetings(), { states: 1, lives: 0 })).rejects.toThrow(RangeError);
    await expect(exploreCrashes(greetings(), { states: 1, seed: 0.5 })).rejects.toThrow(RangeError);
  });

  it("stops when it is told to", async () => {
    const signal = { aborted: false };
    const findings = await exploreCrashes(greetings(), { states: 10_000, signal, onState: () => void (signal.aborted = true) });
    expect(findings.states).toBe(1);
  });
});

describe("the hash of a part of an image", () => {
  it("is equal for equal parts, whatever the rest holds, and differs by content and by name", async () => {
    const hashOf = async (files: Readonly<Record<string, string>>): Promise<string> => {
      const disk = createSimulatedDisk();
      await disk.makeDirectory("/d");
      await disk.makeDirectory("/lock");
      for (const [path, text] of Object.entries(files)) {
        const file = await disk.create(path);
        await writeFully(file, 0, encoder.encode(text));
        await file.close();
      }
      return disk.killed().hashOf((path) => !path.startsWith("/lock"));
    };
    const hash = await hashOf({ "/d/a": "1" });
    expect(hash).toMatch(/^[0-9a-f]{16}$/);
    expect(await hashOf({ "/d/a": "1", "/lock/owner": "somebody" })).toBe(hash);
    expect(new Set([hash, await hashOf({ "/d/a": "2" }), await hashOf({ "/d/b": "1" }), await hashOf({})]).size).toBe(4);
  });
});
