import type { CommandName } from "./arguments.ts";

const PLACES = `Places, of which at least one is given. What isn't there counts as empty, and is said on stderr
  --checkpoints DIR      the directory that holds the checkpoint_... directories
  --wal DIR              the directory of the log
  --state DIR            instead of both: a directory of openDurableState
`;

const OPTIONS = `Options of the recovery
  --until LSN            a point in time: nothing after this record
  --until-watermark N    the same: nothing from the first commit on whose watermark exceeds N
  --replay all           every record of the log counts, committed or not: for logs whose writers
                         never commit. Without it ("committed"), what a commit covers
  --on-damage stop       damage of the log ends the recovery where it is, and all behind it is
                         given up. Without it ("refuse"), damage is an error
  --accept-missing-log   the log is gone for good: the newest checkpoint alone will do
  --must-exist           an error where there is neither a checkpoint nor a log, instead of a
                         fresh start
`;

const EXIT_CODES = `Exit codes
  0  fine
  1  damage found, or records are missing: the recovery refuses because of it, or went on without
     a damaged checkpoint or what is behind the damage, and says so
  2  wrong arguments
  3  refused or not read, and no damage found: the wrong log, no log, nothing there (--must-exist),
     a failure of the disk, no permission, another release's format
`;

export const USAGE: string = `Recovers from checkpoints and a log. Changes nothing, takes no lock, works beside a live writer.

Usage: laminar-recovery <command> <places> [options]     (npx @laminar/recovery ...)

Commands
  plan      what a recovery would do: which checkpoint, from which record on, what is missing
  recover   the recovered state, a JSON object a line
  report    recovers, and says what it found instead of the state

${PLACES}
${OPTIONS}
Others
  --json                 plan, report: output for programs
  --values FORM          recover: msgpack, text or base64
  --help                 after a command: more about it
  --version

${EXIT_CODES}`;

const PLAN = `Usage: laminar-recovery plan <places> [options] [--json]

Which checkpoint a recovery would begin with, from which record on it would replay the log, which
newer checkpoints it wouldn't use and why, and what is missing, if it would refuse. The checkpoint
is read and verified; the records of the log aren't read, so that damage among them doesn't show
(report and recover read them).

With --json one JSON object: verdict ("recoverable", "fresh start" or "refused"), checkpoint,
replayAfter, replayUpTo, log, skipped, ignoredNames, refusal. 64-bit numbers (source offsets,
watermark) are decimal strings; what isn't there is null.

${PLACES}
${OPTIONS}
${EXIT_CODES}`;

const RECOVER = `Usage: laminar-recovery recover <places> [options] [--values FORM]

Prints the recovered state on stdout, a line for each key, and before it on stderr what was found.
A recovery that is refused prints no line. The order is the state's own, which is none: \`sort\`
the lines to compare two states. The state is held in memory, the output isn't.

  --values msgpack   values decoded where they are MessagePack, as with --values text where they
                     aren't (the form of openDurableState; used unless another is given with --state)
  --values text      BYTES (used unless another is given with --checkpoints and --wal)
  --values base64    BYTES, always {"base64":"..."}

Lines
  {"key":BYTES,"value":BYTES}
  {"key":BYTES,"decoded":JSON}     a value that is MessagePack, with --values msgpack
  BYTES is a string when they are UTF-8 text without control characters other than tab and
  line ends, and {"base64":"..."} otherwise; each gives back exactly the bytes. JSON has for what
  JSON lacks an object of one key: $bytes (base64), $bigint, $date, $map (pairs), $number (-0, NaN
  and the infinities), $undefined, and $object (pairs) for an object that would look like one.

${PLACES}
${OPTIONS}
${EXIT_CODES}`;

const REPORT = `Usage: laminar-recovery report <places> [options] [--json]

Runs the recovery, keeps nothing of the state, and says in one paragraph what it found: the
checkpoint, those that were skipped and why, what the log gave, how it ended, whether the state
is partial.

With --json one JSON object: walPosition, epoch, watermark and sourceOffsets of the recovered
state, then the report: checkpoint, log, skippedCheckpoints, ignoredNames, partial, freshStart,
durations (ms). 64-bit numbers (source offsets, watermark) are decimal strings; watermark,
checkpoint and log are null where there is none.

${PLACES}
${OPTIONS}
${EXIT_CODES}`;

export const USAGE_OF: Readonly<Record<CommandName, string>> = { plan: PLAN, recover: RECOVER, report: REPORT };
