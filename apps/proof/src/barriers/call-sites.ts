import { fileURLToPath } from "node:url";
import type { ChangingCall } from "@laminar/disk/testing";
import { callsIn, functionAt, packageFiles, type SourceCall, type SourceFile } from "./source-calls.ts";

/**
 * What does a thing for several callers: each of them needs it for a reason of its own, and is a site of its own.
 */
const FOR_ITS_CALLER: ReadonlySet<string> = new Set([
  "disk/durable syncEntries",
  "disk/lock removeEntry",
  "wal/segment-writer sync",
  "checkpoint/file-checkpoint-store #empty",
]);

interface Frame {
  readonly file: string;
  readonly line: number;
}

/** Knows the places in the packages' sources from which the disk is called, and finds them in stacks. */
export class CallSites {
  readonly calls: readonly SourceCall[];
  readonly #files: ReadonlyMap<string, SourceFile>;
  readonly #callAt: ReadonlyMap<string, SourceCall>;
  readonly #names: Map<string, string> = new Map();
  /** Calls of the source that were made. */
  readonly reached: Set<SourceCall> = new Set();

  constructor(files: readonly SourceFile[] = packageFiles()) {
    this.#files = new Map(files.map((file) => [file.path, file]));
    this.calls = files.flatMap(callsIn);
    this.#callAt = new Map(this.calls.map((call) => [`${call.file}:${call.line} ${call.method}`, call]));
  }

  /** The site of a call. Throws for one that comes from nowhere in the sources: then the sources weren't understood. */
  nameOf({ kind, stack }: Pick<ChangingCall, "kind" | "stack">): string {
    const key = `${kind} ${stack}`;
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const name = this.#nameAnew(kind, stack);
    this.#names.set(key, name);
    return name;
  }

  #nameAnew(kind: ChangingCall["kind"], stack: string): string {
    const [own, ...callers] = framesOf(stack).filter(({ file }) => this.#files.has(file));
    const at = own === undefined ? "" : `${own.file}:${own.line} `;
    const call = this.#callAt.get(at + kind) ?? (kind === "write" ? this.#callAt.get(`${at}writeSync`) : undefined);
    if (own === undefined || call === undefined) throw new Error(`a ${kind} comes from a place that the sources don't show:\n${stack}`);
    this.reached.add(call);
    const self = this.#functionOf(own);
    if (!FOR_ITS_CALLER.has(self)) return call.name;
    const caller = callers.map((frame) => this.#functionOf(frame)).find((name) => name !== self && !name.endsWith(" changing"));
    return `${call.name} for ${caller ?? "its caller"}`;
  }

  #functionOf({ file, line }: Frame): string {
    const source = this.#files.get(file);
    return source === undefined ? file : functionAt(source, line);
  }
}

function framesOf(stack: string): readonly Frame[] {
  return stack.split("\n").flatMap((text) => {
    const [, place = "", line = ""] = /\(?((?:file:\/\/)?\/[^()]+):(\d+):\d+\)?$/.exec(text) ?? [];
    return place === "" ? [] : [{ file: place.startsWith("file:") ? fileURLToPath(place) : place, line: Number(line) }];
  });
}
