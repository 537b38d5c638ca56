import { join } from "node:path";
import { type Commands, type GivenOptions, oneWordOf, type Question, quote, readArguments, textOf, UsageError, wholeNumberOf } from "@laminar/disk/command-line";
import type { Until } from "../core/recovery-plan.ts";
import { VALUE_FORMS, type ValueForm } from "./state-line.ts";

export type CommandName = "plan" | "recover" | "report";

/** A recovery, or a look at one. */
export type RecoveryInvocation = RecoverInvocation | LookInvocation;

export interface LookInvocation {
  readonly command: "plan" | "report";
  readonly asked: Asked;
  readonly json: boolean;
}

export interface RecoverInvocation {
  readonly command: "recover";
  readonly asked: Asked;
  readonly values: ValueForm;
}

/** The recovery that is asked for, in the terms of `RecoveryConfig`. */
export interface Asked {
  readonly checkpointDir: string | undefined;
  readonly walDir: string | undefined;
  readonly until: Until | undefined;
  readonly replay: "committed" | "all";
  readonly onDamage: "refuse" | "stop";
  readonly acceptMissingLog: boolean;
  readonly mustExist: boolean;
}

const TEXT = { type: "string", neverEmpty: true } as const;
const RECOVERY = {
  state: TEXT,
  checkpoints: TEXT,
  wal: TEXT,
  until: TEXT,
  "until-watermark": TEXT,
  replay: TEXT,
  "on-damage": TEXT,
  "accept-missing-log": { type: "boolean" },
  "must-exist": { type: "boolean" },
} as const;
const LOOK = { ...RECOVERY, json: { type: "boolean" } } as const;
const STATE = { ...RECOVERY, values: TEXT } as const;
const COMMANDS: Commands<CommandName> = new Map<CommandName, typeof LOOK | typeof STATE>([["plan", LOOK], ["recover", STATE], ["report", LOOK]]);

/** Throws `UsageError`. */
export function parseCommandLine(args: readonly string[]): Question<CommandName> | RecoveryInvocation {
  const call = readArguments(args, COMMANDS);
  if (call.command === "help" || call.command === "version") return call;
  const { command, operands, given } = call;
  if (operands[0] !== undefined) throw new UsageError(`${quote(operands[0])} is one word too many; places are given with --state, or with --checkpoints and --wal`);
  const asked = askedOf(command, given);
  if (command !== "recover") return { command, asked, json: given.has("json") };
  return { command, asked, values: oneWordOf(given, "values", VALUE_FORMS) ?? (given.has("state") ? "msgpack" : "text") };
}

function askedOf(command: CommandName, given: GivenOptions): Asked {
  return {
    ...placesOf(command, given),
    until: untilOf(given),
    replay: oneWordOf(given, "replay", ["committed", "all"]) ?? "committed",
    onDamage: oneWordOf(given, "on-damage", ["refuse", "stop"]) ?? "refuse",
    acceptMissingLog: given.has("accept-missing-log"),
    mustExist: given.has("must-exist"),
  };
}

function placesOf(command: CommandName, given: GivenOptions): Pick<Asked, "checkpointDir" | "walDir"> {
  const [state, checkpointDir, walDir] = [textOf(given, "state"), textOf(given, "checkpoints"), textOf(given, "wal")];
  if (state !== undefined) {
    if (checkpointDir !== undefined || walDir !== undefined) throw new UsageError("--state gives both places; leave out --checkpoints and --wal");
    return { checkpointDir: join(state, "checkpoints"), walDir: join(state, "log") };
  }
  if (checkpointDir === undefined && walDir === undefined) throw new UsageError(`${command} needs a place: --state, or --checkpoints and --wal, or one of the two`);
  return { checkpointDir, walDir };
}

const LEAST_WATERMARK = -(2n ** 63n);
const MOST_WATERMARK = 2n ** 64n - 1n;

function untilOf(given: GivenOptions): Until | undefined {
  if (given.has("until") && given.has("until-watermark")) throw new UsageError("--until and --until-watermark exclude each other");
  const watermark = textOf(given, "until-watermark");
  if (watermark === undefined) return wholeNumberOf(given, "until", { what: "the number of a record,", least: 0 });
  const number = /^-?\d{1,20}$/.test(watermark) ? BigInt(watermark) : undefined;
  if (number !== undefined && number >= LEAST_WATERMARK && number <= MOST_WATERMARK) return { watermark: number };
  throw new UsageError(`--until-watermark takes a whole number of 64 bits, not ${quote(watermark)}`);
}
