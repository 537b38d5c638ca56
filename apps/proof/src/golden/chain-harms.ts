import type { Golden } from "./load-golden.ts";
import { CHECKPOINTS, type Files } from "./places.ts";

type File = "metadata.json" | "state.bin";

/** What a checkpoint's directory becomes; `next` is another checkpoint, that is harmed too where several are. */
export type Harm = (files: Map<string, Uint8Array>, id: number, next: number) => void;

const pathOf = (id: number, file: File): string => `${CHECKPOINTS}/checkpoint_${id.toString(16).padStart(16, "0")}/${file}`;
const FILES: readonly File[] = ["metadata.json", "state.bin"];

const changed = (file: File, change: (bytes: Uint8Array) => Uint8Array): Harm => (files, id) => void files.set(pathOf(id, file), change(files.get(pathOf(id, file)) ?? new Uint8Array()));
const missing = (...names: readonly File[]): Harm => (files, id) => names.forEach((name) => files.delete(pathOf(id, name)));
const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at === bytes.length >> 1 ? byte ^ 4 : byte));
const half = (bytes: Uint8Array): Uint8Array => bytes.slice(0, bytes.length >> 1);
const empty = (): Uint8Array => new Uint8Array();

/** Each on its own loses the checkpoint that it harms. Those that take another one's files take them as the golden directory has them. */
export function harmsOf(golden: Golden): Readonly<Record<string, Harm>> {
  const taken = (...names: readonly File[]): Harm => (files, id, next) => {
    for (const name of names) files.set(pathOf(id, name), golden.files.get(pathOf(next, name)) ?? new Uint8Array());
  };
  return {
    "a bit of metadata.json flipped": changed("metadata.json", flipped),
    "metadata.json cut to half": changed("metadata.json", half),
    "metadata.json empty": changed("metadata.json", empty),
    "metadata.json zeroed": changed("metadata.json", (bytes) => new Uint8Array(bytes.length)),
    "metadata.json gone": missing("metadata.json"),
    "metadata.json another checkpoint's": taken("metadata.json"),
    "a bit of state.bin flipped": changed("state.bin", flipped),
    "state.bin cut to half": changed("state.bin", half),
    "state.bin empty": changed("state.bin", empty),
    "state.bin longer": changed("state.bin", (bytes) => Uint8Array.of(...bytes, 0)),
    "state.bin gone": missing("state.bin"),
    "state.bin another checkpoint's": taken("state.bin"),
    "both files empty": (files, id) => FILES.forEach((file) => changed(file, empty)(files, id, id)),
    "the directory gone": missing(...FILES),
    "the directory another checkpoint's": taken(...FILES),
  };
}

/** Ids of the checkpoints, ascending, by the chains that they make. */
export function chainsIn(files: Files): readonly (readonly number[])[] {
  const chains: number[][] = [];
  for (const [path, bytes] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!/\/checkpoint_[0-9a-f]{16}\/metadata\.json$/.test(path)) continue;
    const { id, kind } = JSON.parse(new TextDecoder().decode(bytes)) as { readonly id: number; readonly kind: string };
    if (kind === "full") chains.push([id]);
    else chains.at(-1)?.push(id);
  }
  return chains;
}

/** A copy of the files in which each of `ids` is harmed, each in its way. */
export function harmed(golden: Golden, ids: readonly number[], harmFor: (index: number) => Harm): Files {
  const files = new Map(golden.files);
  const all = chainsIn(golden.files).flat();
  for (const [index, id] of ids.entries()) {
    const next = ids.length > 1 ? ids[(index + 1) % ids.length] : all[(all.indexOf(id) + 1) % all.length];
    harmFor(index)(files, id, next ?? id);
  }
  return files;
}
