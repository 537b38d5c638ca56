import { DiskError, type DiskErrorCode } from "./disk-error.ts";

/** What an errno means, and what a person can do about it. */
interface Meaning {
  readonly code: DiskErrorCode;
  readonly what: string;
  readonly advice?: string | undefined;
}

const notFound: Meaning = { code: "DISK_NOT_FOUND", what: "nothing stands there" };
const exists: Meaning = { code: "DISK_EXISTS", what: "something stands there already" };
const notEmpty: Meaning = { code: "DISK_NOT_EMPTY", what: "the directory isn't empty" };
const notAFile: Meaning = {
  code: "DISK_NOT_A_FILE",
  what: "it isn't a plain file",
  advice: "Symbolic links, directories, devices, pipes and sockets are refused; give the path of a plain file.",
};
const notADirectory: Meaning = {
  code: "DISK_NOT_A_DIRECTORY",
  what: "it, or a part of its path, isn't a directory",
  advice: "A symbolic link isn't followed in the last part of a path; give the path that it leads to.",
};
const full: Meaning = { code: "DISK_FULL", what: "no space is left", advice: "Free space on the file system and start again." };
const readOnly: Meaning = { code: "DISK_READ_ONLY", what: "the file system is read-only", advice: "Mount it for writing." };
const permission: Meaning = {
  code: "DISK_PERMISSION",
  what: "this process isn't allowed to",
  advice: "Check the owner and the mode of the path and of the directory it is in.",
};
const tooManyFiles: Meaning = {
  code: "DISK_TOO_MANY_FILES",
  what: "no file handle is left",
  advice: "Raise the limit of open files (ulimit -n), or find what leaks handles.",
};
const closed: Meaning = { code: "DISK_CLOSED", what: "the handle was closed before" };
const failed: Meaning = {
  code: "DISK_IO",
  what: "the device or the file system failed",
  advice: "Look into the system's log for errors of the device.",
};

const meanings: ReadonlyMap<string, Meaning> = new Map([
  ["ENOENT", notFound],
  ["EEXIST", exists],
  ["ENOTEMPTY", notEmpty],
  ["EISDIR", notAFile],
  ["ENOTDIR", notADirectory],
  ["ELOOP", notADirectory],
  ["ENOSPC", full],
  ["EDQUOT", { ...full, what: "no quota is left", advice: "Free space, or have the quota raised, and start again." }],
  ["EFBIG", { ...full, what: "the file may not grow further", advice: "Raise the limit of the file size (ulimit -f)." }],
  ["EROFS", readOnly],
  ["EACCES", permission],
  ["EPERM", permission],
  ["EMFILE", tooManyFiles],
  ["ENFILE", tooManyFiles],
  ["EBADF", closed],
]);

/** Where the same errno means something else, by `step errno`. */
const exceptions: ReadonlyMap<string, Meaning> = new Map([
  ["open ELOOP", notAFile],
  ["create ELOOP", notAFile],
  ["open ENXIO", notAFile], // Linux's answer to a socket; from a read or a sync it is a device that has gone
  ["open EMLINK", notAFile], // FreeBSD's answer to a symbolic link
  ["open EOPNOTSUPP", notAFile], // macOS's answer to a socket
  ["removeDirectory EEXIST", notEmpty],
  ["rename EEXIST", notEmpty],
]);

/** The error for the platform's `errno`; the only place where one becomes the other. */
export function diskErrorFor(operation: string, file: string, errno: string, cause?: unknown): DiskError {
  return stepErrorFor(operation, file, errno, operation, cause);
}

/** The same for an operation of several steps, of which `step` is the one that failed. */
function stepErrorFor(operation: string, file: string, errno: string, step: string, cause: unknown): DiskError {
  const meaning = exceptions.get(`${step} ${errno}`) ?? meanings.get(errno) ?? failed;
  return describe(meaning, operation, file, errno, cause);
}

/**
 * The error for what a call of the platform threw. Complaints about arguments (a NUL in a path, a missing buffer) stay what
 * they are.
 */
export function thrownErrorFor(operation: string, file: string, error: unknown, step: string = operation): unknown {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return error;
  return error.code.startsWith("ERR_") ? error : stepErrorFor(operation, file, error.code, step, error);
}

/** Something stands at the path, but not a plain file. */
export function notAFileError(operation: string, file: string, cause?: unknown): DiskError {
  return describe(notAFile, operation, file, undefined, cause);
}

/** Something stands at the path, but not a directory. */
export function notADirectoryError(operation: string, file: string): DiskError {
  return describe(notADirectory, operation, file, undefined, undefined);
}

/** The handle was closed before the call. */
export function closedError(operation: string, file: string): DiskError {
  return describe(closed, operation, file, undefined, undefined);
}

function describe(meaning: Meaning, operation: string, file: string, errno: string | undefined, cause: unknown): DiskError {
  const reason = errno === undefined ? meaning.what : `${meaning.what} (${errno})`;
  const advice = meaning.advice === undefined ? "." : `. ${meaning.advice}`;
  const message = `${operation} ${JSON.stringify(file)}: ${reason}${advice}`;
  return new DiskError(meaning.code, message, { operation, file, errno, cause });
}
