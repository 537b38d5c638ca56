import { describe, expect, it } from "vitest";
import { changesBySystemCalls, systemCalls } from "./system-calls.ts";

const CREATE = 'openat(AT_FDCWD</home>, "/holder/root/a.tmp", O_RDWR|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC, 0666) = 18</holder/root/a.tmp>';

/** What `lines` of a thread each say, as changes below `/holder/root`. */
const changes = (...lines: readonly string[]): readonly string[] =>
  changesBySystemCalls(systemCalls(lines.map((line) => (/^\d+ /.test(line) ? line : `7 ${line}`)).join("\n")), "/holder/root");

describe("the trace of a process", () => {
  it("says which operations of the port it made, by the names under which files were opened", () => {
    const made = changes(
      CREATE,
      'pwrite64(18</holder/root/a.tmp>, ""..., 64, 128) = 64',
      "fdatasync(18</holder/root/a.tmp>) = 0",
      'rename("/holder/root/a.tmp", "/holder/root/a") = 0',
      'openat(AT_FDCWD</home>, "/holder/root", O_RDONLY|O_NOFOLLOW|O_CLOEXEC|O_DIRECTORY) = 19</holder/root>',
      "fsync(19</holder/root>) = 0",
      "close(19</holder/root>) = 0",
      'pwrite64(18</holder/root/a>, ""..., 5, 192) = 5',
      "close(18</holder/root/a>) = 0",
      'mkdir("/holder/root/d", 0777) = 0',
      'rmdir("/holder/root/d") = 0',
      'unlink("/holder/root/a") = 0',
    );
    expect(made).toEqual([
      "create a.tmp", "write a.tmp at 128 64 bytes", "sync a.tmp", "rename a.tmp to a", "syncDirectory .", "write a.tmp at 192 5 bytes",
      "makeDirectory d", "removeDirectory d", "remove a",
    ]);
  });

  it("tells calls apart that fail, that are made in the directory above, and that are made elsewhere", () => {
    const made = changes(
      'rename("/holder/root/LOCK.v1+l1+2+host", "/holder/root/LOCK") = -1 ENOTEMPTY (Directory not empty)',
      'openat(AT_FDCWD</home>, "/holder", O_RDONLY|O_NOFOLLOW|O_CLOEXEC|O_DIRECTORY) = 3</holder>',
      "fsync(3</holder>) = 0",
      'mkdir("/holder/rooted", 0777) = 0',
      "write(1</dev/null>, \"\"..., 5) = 5",
    );
    expect(made).toEqual(["rename LOCK.OWNER to LOCK", "syncDirectory .."]);
  });

  it("names a removal by what it removes, whichever call a processor has for it", () => {
    const inRoot = (name: string): string => `AT_FDCWD</home>, "/holder/root/${name}"`;
    const made = changes(
      `mkdirat(${inRoot("d")}, 0777) = 0`,
      `unlinkat(${inRoot("d")}, AT_REMOVEDIR) = 0`,
      `unlinkat(${inRoot("a")}, 0) = 0`,
      `renameat2(${inRoot("b")}, ${inRoot("c")}, 0) = 0`,
    );
    expect(made).toEqual(["makeDirectory d", "removeDirectory d", "remove a", "rename b to c"]);
  });

  it("puts a call that other threads interrupt where it settled, and a close where it began", () => {
    const made = changes(
      `7 ${CREATE}`,
      "7 fdatasync(18</holder/root/a.tmp> <unfinished ...>",
      '8 mkdir("/holder/root/d", 0777) = 0',
      "7 <... fdatasync resumed>) = 0",
      "7 close(18</holder/root/a.tmp> <unfinished ...>",
      '8 openat(AT_FDCWD</home>, "/holder/root/b", O_RDWR|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC, 0666) = 18</holder/root/b>',
      "7 <... close resumed>) = 0",
      "8 fdatasync(18</holder/root/b>) = 0",
      "8 +++ exited with 0 +++",
    );
    expect(made).toEqual(["create a.tmp", "makeDirectory d", "sync a.tmp", "create b", "sync b"]);
  });

  it.each([
    "ftruncate(18</holder/root/a.tmp>, 0) = 0",
    "fsync(18</holder/root/a.tmp>) = 0",
    "fallocate(18</holder/root/a.tmp>, 0, 0, 4096) = 0",
    'write(18</holder/root/a.tmp>, ""..., 5) = 5',
    'pwritev(18</holder/root/a.tmp>, [{iov_base=""..., iov_len=1}], 1, 0) = 1',
    "dup(18</holder/root/a.tmp>) = 20</holder/root/a.tmp>",
    "mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED, 18</holder/root/a.tmp>, 0) = 0x7f0000000000",
    "sync() = 0",
    "syncfs(18</holder/root/a.tmp>) = 0",
    'truncate("/holder/root/a.tmp", 0) = 0',
    'link("/holder/root/a.tmp", "/holder/root/b") = 0',
    'chmod("/holder/root/a.tmp", 0600) = 0',
    'renameat2(AT_FDCWD</home>, "/holder/root/b", AT_FDCWD</home>, "/holder/root/c", RENAME_EXCHANGE) = 0',
    'openat(AT_FDCWD</home>, "/holder/root/b", O_RDWR|O_CREAT|O_TRUNC|O_CLOEXEC, 0666) = 20</holder/root/b>',
    'openat(AT_FDCWD</home>, "/holder/root/b", O_WRONLY|O_CLOEXEC) = 20</holder/root/b>',
    'openat(AT_FDCWD</home>, "/holder/root/b", O_RDONLY|O_DSYNC|O_CLOEXEC) = 20</holder/root/b>',
  ])("is refused when it changes or syncs in a way that no operation does: %s", (line) => {
    expect(() => changes(CREATE, line)).toThrow(/no operation of the port does this/);
  });
});
