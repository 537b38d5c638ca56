import type { Decoder } from "../hostile/decoder.ts";
import { directories } from "../hostile/directories.ts";
import { fuzz } from "../hostile/fuzz.ts";
import { lockNames } from "../hostile/lock-names.ts";
import { logs } from "../hostile/logs.ts";
import { metadata } from "../hostile/metadata.ts";
import { chains, tables } from "../hostile/snapshots.ts";
import { values } from "../hostile/values.ts";
import type { Part, Row } from "../row.ts";

const RUNS = 1_000_000;
const RUNS_IN_CHECK = 10_000;

/** The runs that the decoders' shares say. */
function part(name: string, decoders: readonly Decoder[], seconds: number): Part {
  const share = decoders.reduce((sum, decoder) => sum + decoder.share, 0);
  return { name, goal: { check: Math.round(share * RUNS_IN_CHECK), proof: Math.round(share * RUNS) }, seconds, run: (work) => fuzz(decoders, work) };
}

/** Whatever bytes a decoder is given, it says what stands in them or refuses them with a typed error, in bounded memory. */
export const hostileBytes: Row = {
  number: 10,
  title: "hostile bytes for every decoder",
  unit: "runs",
  soakGoal: 100_000_000,
  parts: [part("values and metadata", [values, metadata, lockNames], 30), part("snapshots", [tables, chains], 30), part("logs", [logs, directories], 40)],
};
