import { describe, expect, it } from "vitest";
import { judgeOwner, whyUnknown, type Sighting } from "../src/judge-owner.ts";
import { formatIdentity, parseIdentity, type OwnerIdentity } from "../src/owner-identity.ts";
import type { Verdict } from "../src/index.ts";

const boot = "0123456789ab";
const otherBoot = "ba9876543210";
const self: OwnerIdentity = {
  where: `l${boot}`,
  space: "aaaaaaaaaaaa",
  pid: 100,
  tid: 101,
  start: "5000",
  nonce: "0011223344556677",
  host: "here",
};
const running = { state: "S", threads: 11, start: "4000" };
const seen: Sighting = { processGone: false, processVisible: true, thread: running };
const other: OwnerIdentity = { ...self, pid: 7, tid: 8, start: "4000", nonce: "8899aabbccddeeff" };

type Part = Partial<OwnerIdentity>;
type Row = readonly [name: string, verdict: Verdict, other: Part, seen: Partial<Sighting>, self?: Part];

const table: readonly Row[] = [
  ["runs", "alive", {}, {}],
  ["is stopped", "alive", {}, { thread: { ...running, state: "T" } }],
  ["waits for a device", "alive", {}, { thread: { ...running, state: "D" } }],
  ["isn't there", "dead", {}, { processGone: true, processVisible: false, thread: undefined }],
  ["is a thread that ended in a process that runs", "dead", {}, { thread: undefined }],
  ["is hidden", "unknown", {}, { thread: undefined, processVisible: false }],
  ["has its number from one that ended", "dead", {}, { thread: { ...running, start: "4001" } }],
  ["is a zombie", "dead", {}, { thread: { ...running, state: "Z", threads: 1 } }],
  ["is being removed", "dead", {}, { thread: { ...running, state: "X", threads: 0 } }],
  ["is a first thread that ended while others run", "alive", {}, { thread: { ...running, state: "Z", threads: 2 } }],
  ["ran before the restart, on a local disk", "dead", { where: `l${otherBoot}` }, {}],
  ["ran on another boot or machine, on a shared disk", "unknown", { where: `r${otherBoot}` }, {}, { where: `r${boot}` }],
  ["saw the shared disk from another machine", "unknown", { where: `r${otherBoot}` }, {}],
  ["ran here when the disk looked local, and it is shared", "unknown", { where: `l${otherBoot}` }, {}, { where: `r${boot}` }],
  ["runs here on a shared disk", "alive", { where: `r${boot}` }, {}, { where: `r${boot}` }],
  ["runs in another container", "unknown", { space: "bbbbbbbbbbbb" }, { processGone: true }],
  ["couldn't tell its boot", "unknown", { where: "lx" }, { processGone: true }],
  ["is judged by one that can't tell its boot", "unknown", {}, { processGone: true }, { where: "lx" }],
  ["can't tell its boot, and neither can the judge", "unknown", { where: "lx" }, { processGone: true }, { where: "lx" }],
  ["was on macOS, whose kernel's lock is ours", "dead", { where: "darwin" }, {}, { where: "darwin" }],
  ["was on Windows, whose kernel's lock is ours", "dead", { where: "win32" }, {}, { where: "win32" }],
  ["is on macOS and judged on Linux", "unknown", { where: "darwin" }, { processGone: true }],
  ["is on Linux and judged on macOS", "unknown", {}, { processGone: true }, { where: "darwin" }],
  ["got no lock of the kernel", "unknown", { where: "win32_unlocked" }, { processGone: true }, { where: "win32" }],
  ["is judged by one that got no lock of the kernel", "unknown", { where: "win32" }, { processGone: true }, { where: "win32_unlocked" }],
  ["got no lock of the kernel, and neither did the judge", "unknown", { where: "win32_unlocked" }, { processGone: true }, { where: "win32_unlocked" }],
  ["is on a platform without a kernel's lock", "unknown", { where: "freebsd" }, { processGone: true }, { where: "freebsd" }],
];

describe("an owner that", () => {
  for (const [name, verdict, otherPart, seenPart, selfPart] of table) {
    it(`${name} is ${verdict}`, () => {
      const look = (): Sighting => ({ ...seen, ...seenPart });
      expect(judgeOwner({ ...other, ...otherPart }, { ...self, ...selfPart }, look)).toBe(verdict);
    });
  }

  it("can't be judged by what this system shows is never looked for here", () => {
    const look = (): Sighting => {
      throw new Error("looked");
    };
    expect(judgeOwner({ ...other, space: "bbbbbbbbbbbb" }, self, look)).toBe("unknown");
    expect(judgeOwner({ ...other, where: `l${otherBoot}` }, self, look)).toBe("dead");
  });
});

describe("the reason for an unknown verdict", () => {
  it.each([
    ["another container", { space: "b" }],
    ["another machine or before a restart", { where: `r${otherBoot}` }],
    ["ran on darwin, this is linux", { where: "darwin" }],
    ["asked the kernel of win32 for a lock and got none", { where: "win32_unlocked" }],
    ["couldn't read /proc", { where: "lx" }],
    ["hidden", {}],
  ])("names %s", (words, part) => {
    expect(whyUnknown({ ...other, ...part }, self)).toContain(words);
  });

  it("names what this process lacks", () => {
    expect(whyUnknown(other, { ...self, where: "lx" })).toContain("this process can't read /proc");
  });

  it("names an entry that nobody knows how to read", () => {
    expect(whyUnknown(undefined, self)).toContain("isn't one that this version writes");
  });
});

describe("an identity", () => {
  it("is read back as it was written", () => {
    expect(parseIdentity(formatIdentity(self))).toEqual(self);
    expect(formatIdentity(self)).toBe("v1+l0123456789ab+aaaaaaaaaaaa+100+101+5000+0011223344556677+here");
  });

  it("is a valid file name whatever the host is called", () => {
    const name = formatIdentity({ ...self, host: `a/b\0 ü:*?${"x".repeat(300)}` });
    expect(name).toMatch(/^[\w.+-]{1,200}$/);
    expect(parseIdentity(name)).toBeDefined();
    expect(parseIdentity(formatIdentity({ ...self, host: "" }))?.host).toBe("_");
  });

  it("is nothing that another program left there", () => {
    const name = formatIdentity(self);
    const near = [name.slice(1), `${name}+more`, name.replace("v1", "v2"), name.replace("+100+", "+-1+")];
    for (const wrong of ["", ".DS_Store", "garbage", ...near]) {
      expect(parseIdentity(wrong), wrong).toBeUndefined();
    }
  });
});
