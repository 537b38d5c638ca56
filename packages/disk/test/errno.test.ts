import { describe, expect, it } from "vitest";
import { isDiskError, type DiskErrorCode } from "../src/index.ts";
import { diskErrorFor, thrownErrorFor } from "../src/errno.ts";

const table: ReadonlyArray<readonly [operation: string, errno: string, code: DiskErrorCode]> = [
  ["open", "ENOENT", "DISK_NOT_FOUND"],
  ["create", "EEXIST", "DISK_EXISTS"],
  ["makeDirectory", "EEXIST", "DISK_EXISTS"],
  ["removeDirectory", "EEXIST", "DISK_NOT_EMPTY"],
  ["removeDirectory", "ENOTEMPTY", "DISK_NOT_EMPTY"],
  ["rename", "ENOTEMPTY", "DISK_NOT_EMPTY"],
  ["rename", "EEXIST", "DISK_NOT_EMPTY"],
  ["open", "ELOOP", "DISK_NOT_A_FILE"],
  ["open", "EMLINK", "DISK_NOT_A_FILE"],
  ["open", "ENXIO", "DISK_NOT_A_FILE"],
  ["remove", "EISDIR", "DISK_NOT_A_FILE"],
  ["list", "ENOTDIR", "DISK_NOT_A_DIRECTORY"],
  ["syncDirectory", "ELOOP", "DISK_NOT_A_DIRECTORY"],
  ["write", "ENOSPC", "DISK_FULL"],
  ["write", "EDQUOT", "DISK_FULL"],
  ["write", "EFBIG", "DISK_FULL"],
  ["create", "EROFS", "DISK_READ_ONLY"],
  ["open", "EACCES", "DISK_PERMISSION"],
  ["open", "EPERM", "DISK_PERMISSION"],
  ["open", "EMFILE", "DISK_TOO_MANY_FILES"],
  ["open", "ENFILE", "DISK_TOO_MANY_FILES"],
  ["read", "EBADF", "DISK_CLOSED"],
  ["sync", "EIO", "DISK_IO"],
  ["sync", "ENXIO", "DISK_IO"],
  ["syncDirectory", "EINVAL", "DISK_IO"],
  ["syncDirectory", "ENOTSUP", "DISK_IO"],
  ["write", "SOMETHING_NEW", "DISK_IO"],
];

describe("the error for an errno", () => {
  it.each(table)("of %s that fails with %s is %s", (operation, errno, code) => {
    const error = diskErrorFor(operation, "/some/file", errno);
    expect(error).toMatchObject({ name: "DiskError", code, operation, file: "/some/file", errno });
    expect(error.message).toContain(`${operation} "/some/file": `);
    expect(error.message).toContain(`(${errno})`);
    expect(error.message).toMatch(/\.$/);
  });

  it("keeps the platform's error as its cause", () => {
    const cause = Object.assign(new Error("EIO: i/o error, read"), { code: "EIO", syscall: "read" });
    const error = thrownErrorFor("read", "/some/file", cause);
    expect(isDiskError(error, "DISK_IO") && error.cause).toBe(cause);
  });

  it("leaves complaints about arguments what they are", () => {
    const cause = Object.assign(new TypeError("must not contain null bytes"), { code: "ERR_INVALID_ARG_VALUE" });
    expect(thrownErrorFor("open", "a\0b", cause)).toBe(cause);
    expect(thrownErrorFor("open", "a", "text")).toBe("text");
  });
});

describe("isDiskError", () => {
  it("knows the error of another copy of the package by its name and code", () => {
    const foreign = Object.assign(new Error("full"), { name: "DiskError", code: "DISK_FULL" });
    expect(isDiskError(foreign)).toBe(true);
    expect(isDiskError(foreign, "DISK_IO", "DISK_FULL")).toBe(true);
    expect(isDiskError(foreign, "DISK_IO")).toBe(false);
    expect(isDiskError(new Error("full"))).toBe(false);
  });
});
