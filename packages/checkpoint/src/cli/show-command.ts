import { alignRows, complain, count, indent, jsonText, print, quote, type Streams, visible } from "@laminar/disk/command-line";
import type { CheckpointMetadata } from "../checkpoint-metadata.ts";
import { nameOf } from "../checkpoint-names.ts";
import type { LookInvocation } from "./arguments.ts";
import { exitCodeOf } from "./finding.ts";
import { hex, instant } from "./layout.ts";
import { NAME } from "./name.ts";
import { chosenIds, examineOne, type ReadableStore, survey } from "./survey.ts";

/** Prints the metadata of one checkpoint; resolves to the exit code. */
export async function show({ directory, id, json }: LookInvocation, store: ReadableStore, streams: Streams): Promise<number> {
  const { checkpoints } = await survey(store, (listing) => Promise.all(chosenIds(directory, listing, id).slice(-1).map((one) => examineOne(store, one))));
  for (const { metadata } of checkpoints) {
    if (metadata) await print(streams.stdout, json ? jsonText(asJson(metadata)) : asText(metadata));
  }
  const findings = checkpoints.flatMap((checkpoint) => checkpoint.findings);
  for (const { code, message } of findings) await complain(NAME, streams, `${code}: ${message}`);
  return exitCodeOf(findings);
}

function asText(metadata: CheckpointMetadata): string {
  const { chain, sourceOffsets } = metadata;
  const parts = chain.map(({ id, size, checksum }, i) => [String(id), i === 0 ? "full" : "delta", String(size), hex(checksum)]);
  const offsets = [...sourceOffsets].map(([source, offset]) => [String(offset), quote(source)]);
  const sections = [
    alignRows(fields(metadata)),
    `Chain, which a restore reads in this order\n${indent(alignRows([["checkpoint", "kind", "bytes", "checksum"], ...parts], new Set([0, 2])))}`,
    offsets.length > 0 && `Source offsets\n${indent(alignRows(offsets, new Set([0])))}`,
  ];
  return sections.filter((text) => text !== false).join("\n");
}

function fields(metadata: CheckpointMetadata): readonly (readonly string[])[] {
  const { id, kind, timestamp, epoch, walId, walPosition, watermark, sourceOffsets, keyCount, sizeBytes, parentId, chain } = metadata;
  const restored = chain.reduce((sum, { size }) => sum + size, 0);
  return [
    ["checkpoint", `${id}, ${kind}`],
    ["directory", nameOf("checkpoint", id)],
    ["created", instant(timestamp)],
    ["parent", String(parentId ?? "none")],
    ["epoch", String(epoch)],
    ["log", walId === undefined ? "it names none" : visible(walId)],
    ["position", String(walPosition)],
    ["watermark", String(watermark ?? "none")],
    ["offsets", count(sourceOffsets.size, "source")],
    ["keys", String(keyCount ?? "not counted")],
    ["own state", count(sizeBytes, "byte")],
    ["restore", `${count(restored, "byte")} in ${count(chain.length, "part")}`],
  ];
}

function asJson({ sourceOffsets, watermark, walId, keyCount, parentId, ...rest }: CheckpointMetadata): object {
  const offsets = Object.fromEntries([...sourceOffsets].map(([source, offset]) => [source, String(offset)]));
  return { ...rest, walId: walId ?? null, watermark: watermark?.toString() ?? null, keyCount: keyCount ?? null, parentId: parentId ?? null, sourceOffsets: offsets };
}
