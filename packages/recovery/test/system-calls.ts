import { dirname, relative } from "node:path";
import type { Operation } from "@laminar/disk/testing";
import { type Change, changeOf } from "./traced-changes.ts";

/** One system call of a process, put together from the lines that strace wrote about it. */
export interface SystemCall {
  readonly name: string;
  readonly arguments: string;
  readonly result: string;
}

/**
 * The system calls of `strace -f`, in the order in which they settled; a close stands where it began, because from then on its
 * number may be given to another file. What else a trace has (signals, the ends of threads) is left out.
 */
export function systemCalls(trace: string): readonly SystemCall[] {
  const calls: SystemCall[] = [];
  const begun = new Map<string, string>();
  for (const line of trace.split("\n")) {
    const [, thread = "", text = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const unfinished = /^(.*) <unfinished \.\.\.>$/.exec(text)?.[1];
    const resumed = /^<\.\.\. (\w+) resumed>(.*)$/.exec(text);
    if (unfinished !== undefined) {
      if (unfinished.startsWith("close(")) calls.push(...parsed(`${unfinished}) = 0`));
      else begun.set(thread, unfinished);
    } else if (resumed === null) calls.push(...parsed(text));
    else if (resumed[1] !== "close") calls.push(...parsed(`${begun.get(thread) ?? ""}${resumed[2] ?? ""}`));
  }
  return calls;
}

function parsed(text: string): readonly SystemCall[] {
  const [, name, inside, result] = /^(\w+)\((.*)\) += (.*)$/.exec(text) ?? [];
  return name === undefined || inside === undefined || result === undefined ? [] : [{ name, arguments: inside, result }];
}

/** What leaves every byte and name as it is. `execve` names the directory that its program works in. */
const LOOKS: ReadonlySet<string> = new Set([
  "stat", "lstat", "fstat", "newfstatat", "statx", "statfs", "fstatfs", "access", "faccessat", "faccessat2", "readlink", "readlinkat",
  "getdents64", "read", "pread64", "readv", "preadv", "preadv2", "lseek", "fcntl", "getcwd", "execve",
]);

/** The flags of an open that looks only. */
const LOOKING_FLAGS: ReadonlySet<string> = new Set(["O_RDONLY", "O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_DIRECTORY"]);

/** `nodeDisk` creates a file with exactly these. */
const CREATING_FLAGS = ["O_RDWR", "O_CREAT", "O_EXCL", "O_NOFOLLOW", "O_CLOEXEC"].sort().join();

/**
 * The operations of a disk's port that a process did at or below `root`, and at the directory that holds it: what changes something
 * or syncs it, in order. Throws at a call there that is neither one of these, as the adapter of the port makes them, nor a mere look.
 */
export function changesBySystemCalls(calls: readonly SystemCall[], root: string): readonly Change[] {
  const opened = new OpenedFiles();
  return calls.flatMap((call) => {
    const operation = operationOf(call, opened, root);
    return operation === undefined ? [] : [changeOf({ ...operation, path: relative(root, operation.path), ...movedTo(operation.target, root) })];
  });
}

const movedTo = (target: string | undefined, root: string): { readonly target?: string } => (target === undefined ? {} : { target: relative(root, target) });

interface OpenedFile {
  /** The name that it was opened under: a rename doesn't change it. */
  readonly path: string;
  readonly isDirectory: boolean;
}

/** Descriptors of one process. */
class OpenedFiles {
  readonly #files = new Map<string, OpenedFile>();

  opened(descriptor: string, file: OpenedFile): void {
    this.#files.set(descriptor, file);
  }

  of(call: SystemCall): OpenedFile | undefined {
    return this.#files.get(descriptorIn(call.arguments));
  }

  closed(call: SystemCall): void {
    this.#files.delete(descriptorIn(call.arguments));
  }
}

const descriptorIn = (text: string): string => /^\d+/.exec(text)?.[0] ?? "";

type Traced = Omit<Operation, "index">;

function operationOf(call: SystemCall, opened: OpenedFiles, root: string): Traced | undefined {
  if (call.name === "openat") return opening(call, opened, root);
  if (call.name === "close") {
    opened.closed(call);
    return undefined;
  }
  const file = opened.of(call);
  const paths = pathsIn(call).filter((path) => isWithin(path, root));
  const operation = file === undefined ? ofPaths(call, paths) : ofFile(call, file);
  const concernsRoot = file !== undefined || paths.length > 0 || `${call.arguments} `.includes(`${root}/`) || call.name === "sync";
  if (operation === undefined && concernsRoot && !LOOKS.has(call.name)) throw unexpected(call);
  return operation;
}

function opening(call: SystemCall, opened: OpenedFiles, root: string): Traced | undefined {
  const [path] = pathsIn(call);
  if (path === undefined || !isWithin(path, root)) return undefined;
  const flags = /, (O_[A-Z_|]+)/.exec(call.arguments)?.[1]?.split("|") ?? [];
  const descriptor = descriptorIn(call.result);
  if (descriptor !== "") opened.opened(descriptor, { path, isDirectory: flags.includes("O_DIRECTORY") });
  if ([...flags].sort().join() === CREATING_FLAGS) return { kind: "create", path };
  if (flags.length === 0 || flags.some((flag) => !LOOKING_FLAGS.has(flag))) throw unexpected(call);
  return undefined;
}

function ofFile(call: SystemCall, { path, isDirectory }: OpenedFile): Traced | undefined {
  if (call.name === "fdatasync" && !isDirectory) return { kind: "sync", path };
  if (call.name === "fsync" && isDirectory) return { kind: "syncDirectory", path };
  const [, length, position] = /, (\d+), (\d+)$/.exec(call.arguments) ?? [];
  if (call.name !== "pwrite64" || length === undefined || position === undefined) return undefined;
  return { kind: "write", path, position: Number(position), length: Number(length) };
}

/** Some processors know the calls that end in "at" only. */
function ofPaths({ name, arguments: inside }: SystemCall, [path, target]: readonly string[]): Traced | undefined {
  if (path === undefined) return undefined;
  if (name === "mkdir" || name === "mkdirat") return { kind: "makeDirectory", path };
  if (name === "rmdir" || (name === "unlinkat" && inside.endsWith("AT_REMOVEDIR"))) return { kind: "removeDirectory", path };
  if (name === "unlink" || name === "unlinkat") return { kind: "remove", path };
  const isRename = name === "rename" || name === "renameat" || (name === "renameat2" && inside.endsWith(", 0"));
  return isRename && target !== undefined ? { kind: "rename", path, target } : undefined;
}

/** Names are printed whole and in quotes; nobody here has a quote in one. */
function pathsIn(call: SystemCall): readonly string[] {
  return [...call.arguments.matchAll(/"([^"]*)"/g)].map(([, path]) => path ?? "");
}

const isWithin = (path: string, root: string): boolean => path === root || path === dirname(root) || path.startsWith(`${root}/`);

function unexpected(call: SystemCall): Error {
  return new Error(`no operation of the port does this: ${call.name}(${call.arguments}) = ${call.result}`);
}
