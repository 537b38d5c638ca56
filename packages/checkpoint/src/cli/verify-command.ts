import { count, jsonText, megabytes, print, Progress, type Streams } from "@laminar/disk/command-line";
import type { ChainPart } from "../checkpoint-metadata.ts";
import type { LookInvocation } from "./arguments.ts";
import { exitCodeOf, type Finding, stateFile } from "./finding.ts";
import { bytesInWords } from "./layout.ts";
import { type Measured, StateMeter } from "./measure-state.ts";
import { chosenIds, examineAll, type Examined, type ReadableStore, survey } from "./survey.ts";
import { reportAsJson, reportAsText } from "./verify-report.ts";

/** Reads states and prints what they are worth; resolves to the exit code. */
export async function verify({ directory, id, json }: LookInvocation, store: ReadableStore, streams: Streams): Promise<number> {
  const progress = new Progress(streams);
  // As far as is known.
  let bytesInAll = 0;
  const meter = new StateMeter(store, (bytes) => progress.update(() => `read ${megabytes(bytes)} of ${megabytes(Math.max(bytes, bytesInAll))} MB`));
  try {
    const { checkpoints, withdrawn } = await survey(store, async (listing) => {
      const examined = await examineAll(store, chosenIds(directory, listing, id));
      bytesInAll = meter.bytesRead + bytesToRead(examined, meter);
      return verifyChains(examined, meter);
    });
    progress.clear();
    const { statesRead, bytesRead } = meter;
    const report = { only: id, checkpoints, withdrawn, statesRead, bytesRead };
    await print(streams.stdout, json ? jsonText(reportAsJson(report)) : reportAsText(report));
    return exitCodeOf(checkpoints.flatMap(({ findings }) => findings));
  } finally {
    progress.clear();
  }
}

/** Parts that several chains share count once, and so do those that an earlier survey read. */
function bytesToRead(examined: readonly Examined[], meter: StateMeter): number {
  const sizes = new Map(examined.flatMap(({ metadata }) => metadata?.chain ?? []).map(({ id, size }) => [id, size]));
  return [...sizes].reduce((sum, [id, size]) => (meter.has(id) ? sum : sum + size), 0);
}

/** Newest first, so that what matters most is read before a manager takes it away. */
async function verifyChains(examined: readonly Examined[], meter: StateMeter): Promise<readonly Examined[]> {
  const verified: Examined[] = [];
  for (const checkpoint of [...examined].reverse()) {
    const findings = [...checkpoint.findings];
    for (const part of checkpoint.metadata?.chain ?? []) findings.push(...partFindings(part, await meter.measure(part.id)));
    verified.push({ ...checkpoint, findings });
  }
  return verified;
}

function partFindings(part: ChainPart, measured: Measured): readonly Finding[] {
  if (measured.failure) return [measured.failure];
  if (measured.size === part.size && measured.checksum === part.checksum) return [];
  const [file, expected, actual] = [stateFile(part.id), bytesInWords(part), bytesInWords(measured)];
  return [{ code: "CHECKPOINT_CORRUPT", file, expected, actual, message: `${file}: ${differenceInWords(part, measured)}` }];
}

function differenceInWords(part: ChainPart, { size }: { readonly size: number }): string {
  if (size === part.size) return "the state's checksum differs";
  return size < part.size ? `the state lacks ${count(part.size - size, "byte")}` : `the state has ${count(size - part.size, "byte")} too many`;
}
