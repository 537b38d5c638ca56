import type { Disk } from "@laminar/disk";
import type { CrashTest, DiskImage, SimulatedDisk } from "@laminar/disk/testing";
import { fixChance } from "../identities.ts";
import { textOfCut } from "./cut.ts";
import { judgeCut, type Told } from "./promises.ts";
import { type Journal, recoverFrom, Session } from "./session.ts";
import { type Step, stepsOf } from "./steps.ts";

const PLAIN = { maxRetained: 1, maxChainLength: 2 };

/** Lives one life on `disk`: every "open" closes the session before it and begins another. */
export async function liveOn(disk: Disk, steps: Iterable<Step>, journal: Journal): Promise<void> {
  let session: Session | undefined;
  try {
    for (const step of steps) {
      if (step.do === "open" || step.do === "stray") {
        if (step.do === "stray") await (session ??= await Session.open(disk, journal, PLAIN)).leaveStray(step.changes);
        await session?.close();
        session = await Session.open(disk, journal, step.do === "open" ? step : PLAIN);
      } else await (session ??= await Session.open(disk, journal, PLAIN)).take(step);
    }
    await (session ?? (await Session.open(disk, journal, PLAIN))).close();
  } catch (error) {
    await session?.abandon();
    throw error;
  }
}

const isChange = (kind: string): boolean => !["stat", "list", "read", "size", "open", "close"].includes(kind);

/** Throws when anything was done to the disk but reading. */
export function requireUnchanged(disk: SimulatedDisk): void {
  const change = disk.operations.find(({ kind }) => isChange(kind));
  if (change !== undefined) throw new Error(`recovery changed the disk: ${change.kind} ${change.path}`);
}

/** What a recovery finds. Throws when it is refused, or changed anything. */
export async function recoverWithoutChange(disk: SimulatedDisk): Promise<string> {
  const cut = await recoverFrom(disk);
  requireUnchanged(disk);
  return textOfCut(cut);
}

/** Everything on a disk but who has it locked. */
export function contentOf(image: DiskImage): string {
  return image.hashOf((path) => !path.includes("/LOCK"));
}

export interface WholeStackOptions {
  /** Steps of a life that starts on an empty disk, and of one that starts after a crash. */
  readonly steps: number;
  readonly stepsAfterCrash: number;
  /** What the packages work on instead of the disk itself. */
  readonly port?: ((disk: SimulatedDisk) => Disk) | undefined;
}

/** All packages together, by hand, on a disk that crashes. */
export function wholeStack({ steps, stepsAfterCrash, port = (disk): Disk => disk }: WholeStackOptions): CrashTest<Step, Told> {
  return {
    steps: (random, depth) => (depth === 0 ? stepsOf(random, steps) : stepsAfterCrash === 0 ? [] : stepsOf(random, stepsAfterCrash)),
    run(life) {
      // A life after a crash has random numbers of its own: what is told apart by them must not be equal by this.
      fixChance(life.depth + 1);
      return liveOn(port(life.disk), life.steps, life);
    },
    recover: recoverWithoutChange,
    judge: judgeCut,
  };
}
