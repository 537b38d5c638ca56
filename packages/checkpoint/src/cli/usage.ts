import type { CommandName } from "./arguments.ts";

const EXIT_CODES = `Exit codes
  0  fine
  1  damage found
  2  wrong arguments
  3  something couldn't be read, and no damage was found in the rest: no checkpoints there,
     a failure of the disk, no permission, another release's format
`;

export const USAGE: string = `Looks at checkpoints. Changes nothing, takes no lock, works beside a live manager.

Usage: laminar-checkpoint <command> <directory> [options]     (npx @laminar/checkpoint ...)

<directory> is the one that holds the checkpoint_... directories.

Commands
  list      a line for each checkpoint, newest first. Reads metadata only
  verify    reads every state; says which checkpoints are whole, and what is damaged where
  show      all that the metadata of one checkpoint say

Options
  --json    output for programs
  --id N    verify, show: this checkpoint only
  --help    after a command: more about it
  --version

${EXIT_CODES}`;

const LIST = `Usage: laminar-checkpoint list <directory> [--json]

A line for each checkpoint, newest first. Metadata are read and verified, states are not (verify
reads them). Then leftovers, and names that look like checkpoints and are none.

  checkpoint   its number
  kind         full, or delta: what changed since the part before it in its chain
  base, parts  the full checkpoint that its chain starts with, and how many states a restore reads
  position     the log position up to which it holds everything
  created      by the clock of the machine that wrote it, in UTC
  bytes, keys  of its own state; of the whole state, where it was counted
  problem      why it can't be used, as far as metadata show it

With --json a JSON object a line, with "type": "checkpoint", "leftover" or "ignored". 64-bit
numbers (watermark) are decimal strings; what isn't known is null.

${EXIT_CODES}`;

const VERIFY = `Usage: laminar-checkpoint verify <directory> [--id N] [--json]

Reads the state of every checkpoint, each once, and compares size and checksum with what the
metadata say. A checkpoint is whole when its metadata and every part of its chain verify. Says
which one is the newest whole one, which a restore would take unless the log rules it out.

  --id N    only this checkpoint and the parts that it needs
  --json    one JSON object instead of text

On a terminal it shows how far it is. What a manager removes meanwhile isn't judged.

${EXIT_CODES}`;

const SHOW = `Usage: laminar-checkpoint show <directory> [--id N] [--json]

All that the metadata of a checkpoint say: log, position, source offsets, watermark, epoch, and
the chain of parts that a restore reads, with sizes and checksums (CRC-32 in hex).

  --id N    this one; without it the newest one
  --json    one JSON object instead of text. 64-bit numbers (source offsets, watermark) are
            decimal strings, checksums numbers; what isn't known is null

${EXIT_CODES}`;

export const USAGE_OF: Readonly<Record<CommandName, string>> = { list: LIST, verify: VERIFY, show: SHOW };
