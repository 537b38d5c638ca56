import { DiskError } from "./disk-error.ts";
import { whyUnknown } from "./judge-owner.ts";
import { parseIdentity } from "./owner-identity.ts";

/** The directory belongs to an owner that runs; `identity` is `undefined` when only the kernel's lock shows it. */
export function ownedError(operation: string, directory: string, identity: string | undefined): DiskError {
  const who = identity === undefined ? "another process" : nameOf(identity);
  const message = `${JSON.stringify(directory)} is locked: ${who} has it open for writing. Close it there, then try again.`;
  return new DiskError("DISK_LOCKED", message, { operation, file: directory });
}

/** The directory belongs to an owner of which nothing can be proved. */
export function undecidedError(operation: string, directory: string, identity: string, self: string): DiskError {
  const path = JSON.stringify(directory);
  const reason = whyUnknown(parseIdentity(identity), parseIdentity(self));
  const message =
    `${path} is locked by ${nameOf(identity)}. Whether that owner still runs can't be seen from here: ${reason}. ` +
    `If you are sure that it doesn't, call breakLock(disk, ${path}) and try again. If one container at a time uses this ` +
    "volume, take the lock with { oneContainer: true }.";
  return new DiskError("DISK_LOCKED", message, { operation, file: directory });
}

/** Owners came and went for as long as this one tried. */
export function contendedError(operation: string, directory: string, cause: unknown): DiskError {
  const message = `${JSON.stringify(directory)} is locked: others took the lock in turns, again and again. Try again later.`;
  return new DiskError("DISK_LOCKED", message, { operation, file: directory, cause });
}

/** Something stands where the lock's directory belongs. */
export function notALockError(operation: string, path: string, cause: unknown): DiskError {
  const advice = "Find out what made it, remove it, and try again.";
  const message = `${JSON.stringify(path)} isn't a directory, so it is nobody's lock. ${advice}`;
  return new DiskError("DISK_NOT_A_DIRECTORY", message, { operation, file: path, cause });
}

function nameOf(identity: string): string {
  const owner = parseIdentity(identity);
  return owner === undefined ? JSON.stringify(identity) : `process ${owner.pid} (thread ${owner.tid}) on ${owner.host}`;
}
