import { createSimulatedDisk } from "@laminar/disk/testing";
import { afterEach, describe, expect, it } from "vitest";
import type { Alteration } from "../src/barriers/alterations.ts";
import { CallSites } from "../src/barriers/call-sites.ts";
import { litterOn } from "../src/barriers/litter.ts";
import { callsIn, type SourceFile } from "../src/barriers/source-calls.ts";
import { judgeCheckpoints } from "../src/barriers/store-promises.ts";
import { WORLDS } from "../src/barriers/survey.ts";
import { type Trial, tryOut } from "../src/barriers/trials.ts";
import { unreachedIn, verdictOn } from "../src/barriers/verdict.ts";
import { restoreChance } from "../src/identities.ts";
import { CHECKPOINTS, LOG, Session } from "../src/whole-stack/session.ts";

afterEach(restoreChance);

const sites = new CallSites();
const places = WORLDS.map((world) => ({ world, seed: 1 }));

describe("the exploration", () => {
  it.each<[string, Alteration, Trial["shown"]]>([
    ["a sync of commits that isn't there", { how: "without", site: "wal/segment-writer sync: sync for wal/batch-writer makeDurable" }, "by a crash"],
    ["a commit that is told before its sync", { how: "told before", site: "wal/segment-writer sync: sync for wal/batch-writer makeDurable" }, "by a crash"],
    ["a checkpoint that is built under its final name", { how: "in steps", site: "checkpoint/file-store-steps giveName: rename" }, "by a crash"],
    ["a segment that gets its name before it is synced", { how: "behind", site: "disk/durable publishFile: sync", next: "disk/durable publishFile: rename" }, "by a crash"],
    ["a directory's sync that an earlier owner may have missed", { how: "without", site: "checkpoint/file-store-steps syncFound: syncDirectory" }, "by a crash"],
    ["heads that stay for ever", { how: "without", site: "wal/segment-writer #writeHead: remove" }, "by what is left lying around"],
    ["a lock that is never given up", { how: "without", site: "disk/lock removeEntry: remove for disk/lock createLock" }, "by a program that fails"],
  ])("shows %s", async (_, alteration, shown) => {
    const trial = await tryOut(alteration, places, 4, sites);
    expect(trial).toMatchObject({ shown });
    expect(trial.altered).toBeGreaterThan(0);
  });

  it("shows nothing where nothing is altered", async () => {
    expect(await tryOut({ how: "without", site: "nowhere" }, places.slice(0, 1), 1, sites)).toMatchObject({ altered: 0, shown: undefined });
  });
});

describe("the verdict", () => {
  const trial = (name: string, shown?: Trial["shown"], altered = 1): Trial => ({ name, altered, states: 10, shown, what: "it broke" });

  it("counts what shows, what is listed, and what can't be exchanged", () => {
    const trials = [trial("a", "by a crash"), trial("b"), trial("c", undefined, 0)];
    expect(verdictOn(trials, [{ what: "b", why: "nobody needs it" }])).toEqual({ violations: [], necessary: 1, hygiene: 1, inexchangeable: 1 });
  });

  it("objects to what shows in nothing and isn't listed", () => {
    expect(verdictOn([trial("a")], []).violations).toEqual([expect.stringMatching(/^a: nothing shows it in 10 states/)]);
  });

  it("objects to a list that isn't true: what shows all the same, what was never altered, and what isn't there", () => {
    const reasons = ["a", "b", "c"].map((what) => ({ what, why: "nobody needs it" }));
    const { violations } = verdictOn([trial("a", "by a crash"), trial("b", undefined, 0)], reasons);
    expect(violations).toEqual([expect.stringMatching(/^a: .*shows by a crash: it broke/), expect.stringMatching(/^b: .*never altered/), expect.stringMatching(/^c: .*isn't there/)]);
  });
});

describe("the calls in the sources", () => {
  const file: SourceFile = {
    path: "/somewhere/store.js",
    name: "checkpoint/store",
    lines: ["class Store {", "    async save(file) {", "        // file.sync() comes later", "        await file.sync();", "        await twice(() => this.#disk.rename(a, b), id);", "    }", "}"],
  };

  it("are found, each by the function that it is in", () => {
    expect(callsIn(file).map(({ name, receiver, line }) => [name, receiver, line])).toEqual([
      ["checkpoint/store save: sync", "file", 4],
      ["checkpoint/store save: rename", "this.#disk", 5],
    ]);
  });

  it("are all made, or listed; and what is listed is there and isn't made", () => {
    const calls = callsIn(file);
    const [sync, rename] = calls;
    const reached = new Set(sync === undefined ? [] : [sync]);
    const listed = { name: "checkpoint/store save: rename", receiver: "this.#disk", why: "another proof makes it" };
    expect(unreachedIn(calls, reached, [])).toEqual([expect.stringMatching(/save: rename.*the exploration never makes it/)]);
    expect(unreachedIn(calls, reached, [listed])).toEqual([]);
    expect(unreachedIn(calls, new Set([...reached, ...(rename === undefined ? [] : [rename])]), [listed])).toEqual([expect.stringMatching(/isn't made, and is/)]);
    expect(unreachedIn([], new Set(), [listed])).toEqual([expect.stringMatching(/isn't there/)]);
  });

  it("are the only places that a call may come from", () => {
    expect(() => new CallSites([file]).nameOf({ kind: "sync", stack: "    at Store.save (file:///somewhere/store.js:6:9)" })).toThrow(/sources don't show/);
    expect(new CallSites([file]).nameOf({ kind: "sync", stack: "    at Store.save (file:///somewhere/store.js:4:9)" })).toBe("checkpoint/store save: sync");
  });
});

describe("what is promised of checkpoints", () => {
  const found = (ids: readonly number[], damaged: readonly number[] = [], highestId = Math.max(0, ...ids)): Parameters<typeof judgeCheckpoints>[0] => ({ ids, damaged, highestId });

  it("holds for what is there, and for what is under way and may be there", () => {
    const told = [{ listed: [1], highestId: 1 }, { publishing: 2 }, { published: 2 }, { withdrawing: [1] }, { publishing: 3 }];
    for (const ids of [[2], [1, 2], [2, 3]]) expect(judgeCheckpoints(found(ids), told)).toBeUndefined();
  });

  it("is broken by one that is lost, comes back, is torn, or whose id would be given again", () => {
    const told = [{ listed: [1], highestId: 4 }, { withdrawing: [1] }, { withdrawn: [1] }, { publishing: 5 }, { published: 5 }];
    expect(judgeCheckpoints(found([]), told)).toMatch(/5 is lost/);
    expect(judgeCheckpoints(found([1, 5]), told)).toMatch(/1 is there/);
    expect(judgeCheckpoints(found([5], [5]), told)).toMatch(/5 is torn/);
    expect(judgeCheckpoints(found([], [], 3), told.slice(0, 3))).toMatch(/id 4 would be given again/);
  });

  it("says nothing of what a failed sync covered, until its call has undone it", () => {
    const told = [{ publishing: 1 }, { fault: "syncDirectory" }, { listed: [1], highestId: 1 }];
    expect(judgeCheckpoints(found([]), told)).toBeUndefined();
    expect(judgeCheckpoints(found([1]), [...told.slice(0, 2), { notPublished: 1 }])).toMatch(/1 is there/);
  });
});

describe("litter", () => {
  it("is what nobody needs, above what crashes and faults leave", async () => {
    const disk = createSimulatedDisk();
    const session = await Session.open(disk, { events: [], tell: () => undefined }, { maxRetained: 1, maxChainLength: 1 });
    await session.close();
    expect(await litterOn(disk, { crashes: 1, faults: 0 })).toBeUndefined();
    await (await disk.create(`${LOG}/0000000000000009.wal.tmp`)).close();
    for (const name of ["tmp_0000000000000008", "tmp_0000000000000009"]) await disk.makeDirectory(`${CHECKPOINTS}/${name}`);
    await disk.makeDirectory(`${LOG}/LOCK`);
    expect(await litterOn(disk, { crashes: 1, faults: 0 })).toMatch(/1 leftovers of the log .*2 leftovers of checkpoints .*1 remains of locks/);
    expect(await litterOn(disk, { crashes: 0, faults: 1 })).toMatch(/^2 leftovers of checkpoints .*1 remains of locks/);
  });
});
