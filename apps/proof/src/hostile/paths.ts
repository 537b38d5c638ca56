import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { openCheckpointManager, validateCheckpoint } from "@laminar/checkpoint";
import { openDurableState, recover } from "@laminar/recovery";
import { inspectWal, openWal, openWalReader, verifyWal, walSize } from "@laminar/wal";
import type { Door } from "./doors.ts";
import { answerOf, type Stage, wrongWithError } from "./hostile-case.ts";

/** One try, and what is wrong with how it ended. */
export interface Try {
  readonly what: string;
  readonly judge: () => Promise<readonly string[]>;
}

const NAMES = ["new\nline", "ünïcödé 日本", "-rf", "trailing  ", "'quotes\" and `ticks`", "%s%n$HOME", "..hidden", "back\\slash", "tab\t", "n".repeat(255), "CON", "a;b&c|d>e"];
const NEAR_MISSES = [" 0000000000000001.wal", "0000000000000001.wal ", "1.wal", "000000000000000G.wal", "000000000000000A.wal", "checkpoint_1", "checkpoint_ffffffffffffffff", "Checkpoint_0000000000000009", "trash_", "tmp_0000000000000001~"];

/** A state under another path: each door finds what it should. */
function* elsewhere(stage: Stage, scratch: string, doors: readonly Door[]): Generator<Try> {
  const base = join(scratch, "elsewhere");
  const at = (what: string, real: string, path: string): Try[] => doors.map((door) => ({ what: `${what}, ${door.name}`, judge: () => findsAll(stage, door, { base, real, path }) }));
  for (const name of NAMES) yield* at(`a directory named ${JSON.stringify(name)}`, join(base, name), join(base, name));
  yield* at("a path with ..", join(base, "state"), `${base}/other/../state`);
  yield* at("a path with . and an empty part", join(base, "state"), `${base}/.//state/`);
  yield* at("a relative path", join(base, "state"), relative(process.cwd(), join(base, "state")));
  yield* at("a path through a link above", join(base, "state"), join(base, "link", "state"));
}

async function findsAll({ golden, expected }: Stage, door: Door, { base, real, path }: { readonly base: string; readonly real: string; readonly path: string }): Promise<readonly string[]> {
  mkdirSync(join(base, "other"), { recursive: true });
  symlinkSync(base, join(base, "link"));
  cpSync(golden.directory, real, { recursive: true });
  const answer = await answerOf(door.open(path, golden));
  rmSync(base, { recursive: true });
  return "found" in answer && answer.found === expected.get(door) ? [] : [`it gives ${JSON.stringify(answer)} ${"error" in answer ? String(answer.error) : ""} instead of ${expected.get(door)}`];
}

/** Foreign files between the stack's own: nobody cares. */
function* beside({ golden, directory, expected }: Stage, doors: readonly Door[]): Generator<Try> {
  for (const name of [...NAMES, ...NEAR_MISSES]) {
    for (const door of doors) {
      const judge = async (): Promise<readonly string[]> => {
        cpSync(golden.directory, directory, { recursive: true });
        for (const place of ["log", "checkpoints"]) writeFileSync(join(directory, place, name), "foreign");
        const answer = await answerOf(door.open(directory, golden));
        rmSync(directory, { recursive: true });
        return "found" in answer && answer.found === expected.get(door) ? [] : [`it gives ${"error" in answer ? String(answer.error) : answer.found} instead of ${expected.get(door)}`];
      };
      yield { what: `beside a file named ${JSON.stringify(name)}, ${door.name}`, judge };
    }
  }
}

type Taker = (directory: string) => Promise<unknown>;

const TAKERS: readonly (readonly [string, Taker])[] = [
  ["openWal", (directory) => openWal(directory)],
  ["openWalReader", (directory) => openWalReader(directory)],
  ["verifyWal", (directory) => verifyWal(directory)],
  ["inspectWal", (directory) => inspectWal(directory)],
  ["walSize", (directory) => walSize(directory)],
  ["validateCheckpoint", (directory) => validateCheckpoint(directory)],
  ["openCheckpointManager", (directory) => openCheckpointManager({ directory })],
  ["openDurableState", (directory) => openDurableState({ directory })],
  ["recover", (directory) => recover({ checkpointDir: directory, walDir: directory, mustExist: true })],
];

/** What is no path at all: a `TypeError`, or a refusal with a code, at once. */
function* noPaths(scratch: string): Generator<Try> {
  for (const path of ["", "\0", join(scratch, "a\0b"), `${scratch}\0/log`]) {
    for (const [name, take] of TAKERS) {
      const judge = async (): Promise<readonly string[]> => {
        const answer = await answerOf(Promise.resolve().then(() => take(path)).then(String));
        if (!("error" in answer)) return [`it is taken, and gives ${answer.found}`];
        return answer.error instanceof TypeError ? [] : wrongWithError(answer.error, path);
      };
      yield { what: `${JSON.stringify(path.replace(scratch, ""))} as a path, ${name}`, judge };
    }
  }
}

/** What the file system can't have: a refusal that names it. */
function* impossiblePaths(scratch: string): Generator<Try> {
  const file = join(scratch, "plain-file");
  writeFileSync(file, "plain");
  for (const path of [join(scratch, "n".repeat(256)), join(scratch, "deep/".repeat(1000)), join(file, "below")]) {
    for (const [name, take] of TAKERS) {
      const judge = async (): Promise<readonly string[]> => {
        const answer = await answerOf(take(path).then((found) => JSON.stringify(found) ?? String(found)));
        if ("error" in answer) return wrongWithError(answer.error, path);
        // Nothing can stand there, and who only looks may say just that.
        return (name === "walSize" && answer.found === "0") || answer.found.includes('"missing"') ? [] : [`it is taken, and gives ${answer.found.slice(0, 200)}`];
      };
      yield { what: `a path of ${path.length} characters${path.startsWith(file) ? " below a file" : ""}, ${name}`, judge };
    }
  }
}

export function* pathTries(stage: Stage, scratch: string, doors: readonly Door[]): Generator<Try> {
  yield* elsewhere(stage, scratch, doors);
  yield* beside(stage, doors);
  yield* noPaths(scratch);
  yield* impossiblePaths(scratch);
}
