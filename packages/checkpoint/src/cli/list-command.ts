import { alignRows, indent, print, quote, type Streams } from "@laminar/disk/command-line";
import type { ChainPart } from "../checkpoint-metadata.ts";
import { nameOf, parseName } from "../checkpoint-names.ts";
import type { StoreListing } from "../checkpoint-store.ts";
import type { LookInvocation } from "./arguments.ts";
import { exitCodeOf, type Finding, findingAsJson, findingInLine } from "./finding.ts";
import { bytesInWords, instant, jsonLine } from "./layout.ts";
import { emptyPlace, type Examined, examineAll, type ReadableStore, type Summary, survey } from "./survey.ts";

type Others = Pick<StoreListing, "leftovers" | "ignored">;

/** Prints a line for each checkpoint; resolves to the exit code. */
export async function list({ directory, json }: LookInvocation, store: ReadableStore, { stdout }: Streams): Promise<number> {
  const { listing, checkpoints } = await survey(store, async ({ ids }) => withChains(await examineAll(store, ids)));
  const others = { leftovers: [...listing.leftovers].sort(), ignored: [...listing.ignored].sort() };
  await print(stdout, json ? asJsonLines(checkpoints, others) : asText(checkpoints, others));
  if (checkpoints.length === 0) throw emptyPlace(directory, listing);
  return exitCodeOf(checkpoints.flatMap(({ findings }) => findings));
}

/** Adds what the metadata say against each other. */
function withChains(examined: readonly Examined[]): readonly Examined[] {
  const byId = new Map(examined.map((checkpoint) => [checkpoint.id, checkpoint]));
  return examined.map((checkpoint) => {
    const needed = checkpoint.metadata?.chain.slice(0, -1) ?? [];
    return { ...checkpoint, findings: [...checkpoint.findings, ...needed.flatMap((part) => partFindings(part, byId.get(part.id)))] };
  });
}

function partFindings(part: ChainPart, found: Examined | undefined): Finding[] {
  const { id, size, checksum } = part;
  const finding = { code: "CHECKPOINT_CORRUPT", file: nameOf("checkpoint", id) } as const;
  if (!found) return [{ ...finding, message: `it needs checkpoint ${id}, which isn't there` }];
  const own = found.metadata?.chain.at(-1);
  if (!own || (own.size === size && own.checksum === checksum)) return [];
  const [expected, actual] = [bytesInWords(part), bytesInWords(own)];
  return [{ ...finding, expected, actual, message: `it needs checkpoint ${id} with ${expected}, and that one's metadata say ${actual}` }];
}

function asText(checkpoints: readonly Examined[], { leftovers, ignored }: Others): string {
  const sections = [
    checkpoints.length > 0 && table(checkpoints),
    section("Leftovers, which nobody reads", leftovers.map((name) => [name, LEFTOVERS[whyLeft(name)]])),
    section("Names that look like checkpoints and are none", ignored.map((name) => [quote(name)])),
  ];
  return sections.filter((text) => text !== false).join("\n");
}

function table(checkpoints: readonly Examined[]): string {
  const head = ["checkpoint", "kind", "base", "parts", "position", "created", "bytes", "keys", "problem"];
  const shown = checkpoints.some(({ findings }) => findings.length > 0) ? head.length : head.length - 1;
  const rows = checkpoints.map(({ id, metadata, findings }) => [String(id), ...cells(metadata), findings.map(findingInLine).join("; ")]);
  return alignRows([head, ...rows].map((row) => row.slice(0, shown)), new Set([0, 2, 3, 4, 6, 7]));
}

function cells(summary: Summary | undefined): readonly string[] {
  if (!summary) return ["-", "-", "-", "-", "-", "-", "-"];
  const { kind, chain, walPosition, timestamp, sizeBytes, keyCount } = summary;
  return [kind, String(chain[0]?.id ?? "-"), String(chain.length), String(walPosition), instant(timestamp), String(sizeBytes), String(keyCount ?? "-")];
}

function section(title: string, rows: readonly (readonly string[])[]): string | false {
  return rows.length > 0 && `${title}\n${indent(alignRows(rows))}`;
}

const LEFTOVERS = {
  unpublished: "it was never published",
  withdrawn: "it was withdrawn",
} as const;

const whyLeft = (name: string): keyof typeof LEFTOVERS => (parseName(name)?.kind === "tmp" ? "unpublished" : "withdrawn");

function asJsonLines(checkpoints: readonly Examined[], { leftovers, ignored }: Others): string {
  const objects = [
    ...checkpoints.map(asJson),
    ...leftovers.map((name) => ({ type: "leftover", name, why: whyLeft(name) })),
    ...ignored.map((name) => ({ type: "ignored", name })),
  ];
  return objects.map(jsonLine).join("");
}

function asJson({ id, metadata, findings }: Examined): object {
  const { kind, chain, walPosition, walId, epoch, timestamp, watermark, sizeBytes, keyCount } = metadata ?? {};
  const known = { kind, base: chain?.[0]?.id, parts: chain?.length, walPosition, walId, epoch, timestamp, watermark: watermark?.toString(), sizeBytes, keyCount };
  const filled = Object.fromEntries(Object.entries(known).map(([name, value]) => [name, value ?? null]));
  return { type: "checkpoint", id, ...filled, problems: findings.map(findingAsJson) };
}
