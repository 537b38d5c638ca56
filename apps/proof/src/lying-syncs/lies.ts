import type { DiskFile } from "@laminar/disk";
import type { Operation, SimulatedDisk } from "@laminar/disk/testing";
import { StubbornProgram } from "../faults/stubborn-program.ts";
import { fixChance } from "../identities.ts";
import { type DiskHooks, hookedDisk } from "../whole-stack/hooked-disk.ts";
import type { Told } from "../whole-stack/promises.ts";
import { failSync, killedBefore, type SyncPoint } from "./sync-points.ts";

/** Where a lie has left a machine. */
export interface LiedTo {
  readonly disk: SimulatedDisk;
  readonly events: readonly Told[];
  /** The program that was lied to, where it lived on. */
  readonly program?: StubbornProgram | undefined;
  /** Whether the program had an error from a sync. */
  readonly isReported: boolean;
  /** How much had been told when a sync said yes and did nothing; `undefined` where none did. */
  readonly toldBefore?: number | undefined;
  /** Whether the device may have what the file no longer shows. */
  readonly mayComeBack?: boolean | undefined;
}

export interface Lie {
  readonly name: string;
  fits(operation: Operation): boolean;
  /** Lets the sync lie, and the program live on to its end. */
  tell(point: SyncPoint): Promise<LiedTo>;
}

const EIO = (path: string): Error => Object.assign(new Error(`sync ${JSON.stringify(path)}: the device failed (EIO)`), { name: "DiskError", code: "DISK_IO", errno: "EIO", file: path });

const programOf = ({ chapter }: SyncPoint, disk: SimulatedDisk, hooks: DiskHooks): StubbornProgram =>
  new StubbornProgram(chapter.stack, { disk, port: hookedDisk(disk, hooks), before: chapter.before });

async function run(point: SyncPoint, program: StubbornProgram): Promise<StubbornProgram> {
  fixChance(1);
  await program.run(point.chapter.steps);
  return program;
}

/** It fails, and its pages or entries count as clean: the next sync says yes. */
const cleanAfterwards: Lie = {
  name: "fails, then says yes",
  fits: () => true,
  async tell(point) {
    const disk = point.chapter.start.mount();
    failSync(disk, point);
    const program = await run(point, programOf(point, disk, {}));
    return { disk, events: program.events, program, isReported: true };
  },
};

/** The program was killed before its sync; another process syncs, and has the error. */
const reportedToAnother: Lie = {
  name: "told another process",
  fits: () => true,
  async tell(point) {
    const { image, events } = await killedBefore(point);
    const disk = image.mount();
    const other = disk.anotherProcess();
    other.plan(({ kind }) => (kind === "sync" || kind === "syncDirectory" ? { kind: "error", errno: "EIO" } : undefined));
    await syncAs(other, point.operation).then(() => Promise.reject(new Error("the other process had no error")), () => undefined);
    other.kill();
    return { disk, events, isReported: false };
  },
};

/** A file is told of by the name that it was made with, and may have got its own since. */
async function syncAs(disk: SimulatedDisk, { kind, path }: Operation): Promise<void> {
  if (kind === "syncDirectory") return disk.syncDirectory(path);
  for (const name of [path, path.replace(/\.tmp$/, "")]) {
    if ((await disk.stat(name)) === undefined) continue;
    const file = await disk.open(name);
    try {
      return await file.sync();
    } finally {
      await file.close();
    }
  }
}

/** It fails, and the file shows what was durable before. */
const revertedPages: Lie = {
  name: "fails, and shows what was before",
  fits: ({ kind }) => kind === "sync",
  async tell(point) {
    const disk = point.chapter.start.mount();
    failSync(disk, point);
    const durable = new Map<DiskFile, Uint8Array>();
    const sync = async (file: DiskFile, really: () => Promise<void>): Promise<void> => {
      try {
        await really();
        const bytes = new Uint8Array(await file.size());
        await file.read(0, bytes);
        durable.set(file, bytes);
      } catch (error) {
        const bytes = new Uint8Array(await file.size());
        bytes.set(durable.get(file) ?? new Uint8Array(0));
        await file.write(0, bytes);
        throw error;
      }
    };
    const program = await run(point, programOf(point, disk, { sync }));
    return { disk, events: program.events, program, isReported: true, mayComeBack: true };
  },
};

/** It says yes and does nothing; the error comes with the next sync of the same file or directory, if there is one. */
const lateError: Lie = {
  name: "says yes, and fails the next one",
  fits: () => true,
  async tell(point) {
    const disk = point.chapter.start.mount();
    failSync(disk, point);
    const program = programOf(point, disk, {
      sync: (file, really) => lied(file, file.path, really),
      syncDirectory: (path, really) => lied(path, path, really),
    });
    const state: { owing?: unknown; isReported: boolean; toldBefore?: number } = { isReported: false };
    const lied = async (what: unknown, path: string, really: () => Promise<void>): Promise<void> => {
      if (what !== undefined && state.owing === what) {
        state.owing = undefined;
        state.isReported = true;
        await really().catch(() => undefined);
        throw EIO(path);
      }
      await really().catch(() => {
        state.owing = what;
        state.toldBefore = program.events.length;
      });
    };
    await run(point, program);
    return { disk, events: program.events, program, ...state };
  },
};

/** It never comes back. */
const neverEnds: Lie = {
  name: "never comes back",
  fits: () => true,
  async tell(point) {
    const disk = point.chapter.start.mount();
    let seen = 0;
    const hang = (really: () => Promise<void>): Promise<void> => (seen++ === point.rank ? new Promise(() => undefined) : really());
    const program = await run(point, programOf(point, disk, { sync: (_file, really) => hang(really), syncDirectory: (_path, really) => hang(really) }));
    disk.kill();
    return { disk, events: [...program.events], program, isReported: false };
  },
};

export const LIES: readonly Lie[] = [cleanAfterwards, reportedToAnother, revertedPages, lateError, neverEnds];
