import { Writable } from "node:stream";
import { expect, it } from "vitest";
import { list } from "../src/cli/list-command.ts";
import { show } from "../src/cli/show-command.ts";
import type { ReadableStore } from "../src/cli/survey.ts";
import { verify } from "../src/cli/verify-command.ts";
import { fileCheckpointStore } from "../src/index.ts";
import { freshDirectory, publish, sampleDirectory } from "./sample-directory.ts";

const COMMANDS = { list, verify, show };

interface Looked {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command on `store`, as if on a terminal or not. */
async function look(command: keyof typeof COMMANDS, store: ReadableStore, { id, isTTY = false }: { readonly id?: number; readonly isTTY?: boolean } = {}): Promise<Looked> {
  const text = { stdout: "", stderr: "" };
  const collect = (name: "stdout" | "stderr"): Writable =>
    new Writable({ decodeStrings: false, write: (chunk: string, _encoding, done) => ((text[name] += chunk), done()) });
  const stderr: Writable & { isTTY?: boolean } = Object.assign(collect("stderr"), { isTTY });
  const code = await COMMANDS[command]({ command, directory: store.location, json: false, id }, store, { stdout: collect("stdout"), stderr });
  return { code, ...text };
}

type Step = readonly [call: "metadata" | "state", id: number, happens: () => Promise<void>];

/** The checkpoints of a directory, in which something happens right before a first read; with all reads in order. */
function disturbed(directory: string, ...steps: readonly Step[]): ReadableStore & { readonly reads: readonly string[] } {
  const store = fileCheckpointStore(directory);
  const reads: string[] = [];
  const before = async (call: "metadata" | "state", id: number): Promise<void> => {
    const isFirst = !reads.includes(`${call} ${id}`);
    reads.push(`${call} ${id}`);
    for (const [what, which, happens] of steps) if (isFirst && what === call && which === id) await happens();
  };
  return {
    reads,
    location: directory,
    list: () => store.list(),
    readMetadata: async (id) => {
      await before("metadata", id);
      return store.readMetadata(id);
    },
    async *readState(id) {
      await before("state", id);
      yield* store.readState(id);
    },
  };
}

const withdraw = (directory: string, ...ids: readonly number[]) => () => fileCheckpointStore(directory).withdraw(ids);
const firstLine = ({ stdout }: Looked): string | undefined => stdout.split("\n")[0];
const idsIn = ({ stdout }: Looked): number[] => [...stdout.matchAll(/^ +(\d+)  (full|delta)/gm)].map(([, id]) => Number(id));

it("a state that several chains share is read once", async () => {
  const store = disturbed(await sampleDirectory());
  expect((await look("verify", store)).code).toBe(0);
  const states = store.reads.filter((read) => read.startsWith("state"));
  expect(states.sort()).toEqual(["state 10", "state 11", "state 12", "state 9"]);
});

it("list reads no state, and show reads the metadata of one", async () => {
  const store = disturbed(await sampleDirectory());
  await look("list", store);
  expect([...store.reads].sort()).toEqual(["metadata 10", "metadata 11", "metadata 12", "metadata 9"]);
  const other = disturbed(store.location);
  await look("show", other, { id: 11 });
  expect(other.reads).toEqual(["metadata 11"]);
});

it("what goes while it is read isn't judged, and the others are", async () => {
  const directory = await sampleDirectory();
  const listed = await look("list", disturbed(directory, ["metadata", 9, withdraw(directory, 9)]));
  expect([listed.code, idsIn(listed)]).toEqual([0, [12, 11, 10]]);
  await publish(directory, { id: 13, state: "new" });
  const verified = await look("verify", disturbed(directory, ["state", 11, withdraw(directory, 10, 11, 12)]));
  expect([verified.code, idsIn(verified)]).toEqual([0, [13]]);
  expect(verified.stdout).toMatch(/\n3 checkpoints went while this ran, which is no damage: a manager removes old ones\.\n$/);
});

it("a chain whose base goes first isn't taken for a damaged one", async () => {
  for (const command of ["list", "verify"] as const) {
    const directory = await sampleDirectory();
    let deltasGo = false;
    const steps: readonly Step[] = [
      [command === "list" ? "metadata" : "state", 10, async () => {
        await withdraw(directory, 10)();
        deltasGo = true;
      }],
    ];
    const store = disturbed(directory, ...steps);
    // They go when the second survey has begun.
    let lists = 0;
    const slow: ReadableStore = {
      ...store,
      list: async () => {
        if (deltasGo && ++lists === 3) await withdraw(directory, 11, 12)();
        return store.list();
      },
    };
    const looked = await look(command, slow);
    expect([command, looked.code, idsIn(looked)]).toEqual([command, 0, [9]]);
  }
});

it("when all that was listed goes, what came instead is looked at", async () => {
  for (const command of ["list", "verify", "show"] as const) {
    const directory = await sampleDirectory();
    const replace = async (): Promise<void> => {
      await publish(directory, { id: 13, state: "new" });
      await withdraw(directory, 9, 10, 11, 12)();
    };
    const looked = await look(command, disturbed(directory, ["metadata", 12, replace]));
    expect([command, looked.code, looked.stderr]).toEqual([command, 0, ""]);
    if (command === "show") expect(firstLine(looked)).toBe("checkpoint  13, full");
    else expect(idsIn(looked)).toEqual([13]);
  }
});

it("one that was asked for and goes is said not to be there", async () => {
  for (const command of ["verify", "show"] as const) {
    const directory = await sampleDirectory();
    const looking = look(command, disturbed(directory, ["metadata", 12, withdraw(directory, 12)]), { id: 12 });
    await expect(looking).rejects.toMatchObject({ code: "CHECKPOINT_NOT_FOUND", message: expect.stringMatching(/^there is no checkpoint 12 in /) as string });
  }
});

it("it ends, with an error, where everything goes before it can be read", async () => {
  for (const command of ["list", "verify", "show"] as const) {
    const directory = await freshDirectory();
    await publish(directory, { id: 1, state: "" });
    const next = (id: number): Step => ["metadata", id, async () => (await publish(directory, { id: id + 1, state: "" }), withdraw(directory, id)())];
    const looking = look(command, disturbed(directory, ...Array.from({ length: 100 }, (_, i) => next(i + 1))));
    await expect(looking).rejects.toMatchObject({ code: "CHECKPOINT_NOT_FOUND", message: expect.stringContaining("withdrawn before they can be read") as string });
  }
});

it("damage that stays is reported though a manager goes on, and nothing is read twice for it", async () => {
  const directory = await sampleDirectory();
  await publish(directory, { id: 14, base: [{ id: 13, size: 1, checksum: 1 }], state: "" });
  const store = disturbed(directory, ["state", 9, withdraw(directory, 9)]);
  const looked = await look("verify", store);
  expect([looked.code, firstLine(looked)]).toEqual([1, "damaged: 1 of 4 checkpoints; the newest whole one is 12, at log position 1200; 2517 bytes in 4 states read"]);
  const states = store.reads.filter((read) => read.startsWith("state"));
  expect(new Set(states).size).toBe(states.length);
});

it("how far the reading is shows on a terminal only, in a line that is gone at the end", async () => {
  const directory = await freshDirectory();
  await publish(directory, { id: 1, state: "x".repeat(3_000_000) });
  const store = fileCheckpointStore(directory);
  expect((await look("verify", store)).stderr).toBe("");
  const { code, stdout, stderr } = await look("verify", store, { isTTY: true });
  expect([code, stdout.slice(0, 3)]).toEqual([0, "ok:"]);
  // oxlint-disable-next-line no-control-regex
  expect(stderr).toMatch(/^(\r\u001b\[Kread \d\.\d of 3\.0 MB)+\r\u001b\[K$/);
  for (const command of ["list", "show"] as const) expect((await look(command, store, { isTTY: true })).stderr).toBe("");
});
