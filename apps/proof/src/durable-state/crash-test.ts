import type { Disk } from "@laminar/disk";
import type { CrashTest, SimulatedDisk } from "@laminar/disk/testing";
import { recover } from "@laminar/recovery";
import { fixChance } from "../identities.ts";
import { recoveredCut, textOfCut } from "../whole-stack/cut.ts";
import { requireUnchanged, type WholeStackOptions } from "../whole-stack/crash-test.ts";
import { judgeCut, type Told } from "../whole-stack/promises.ts";
import type { Journal } from "../whole-stack/session.ts";
import { DIRECTORY, DurableSession } from "./durable-session.ts";
import { type DurableStep, durableStepsOf } from "./steps.ts";

const PLAIN = { maxRetained: 1, maxChainLength: 2 };

/** Lives one life on `disk`, through `port`: every "open" closes the state before it and opens it again. */
export async function liveDurably(disk: SimulatedDisk, port: Disk, steps: Iterable<DurableStep>, journal: Journal): Promise<void> {
  let session: DurableSession | undefined;
  const open = async (opening: { readonly maxRetained: number; readonly maxChainLength: number }): Promise<DurableSession> => {
    await session?.close();
    return DurableSession.open(port, disk, journal, opening);
  };
  try {
    for (const step of steps) {
      if (step.do === "open") session = await open(step);
      else await (session ??= await open(PLAIN)).take(step);
      if (step.do === "commit while opened again") session = await open(PLAIN);
    }
    session ??= await open(PLAIN);
  } finally {
    await session?.close();
  }
}

async function recoverDurably(disk: SimulatedDisk): Promise<string> {
  const recovered = await recover({ checkpointDir: `${DIRECTORY}/checkpoints`, walDir: `${DIRECTORY}/log`, disk });
  requireUnchanged(disk);
  return textOfCut(recoveredCut(recovered));
}

/** A durable state on a disk that crashes. */
export function durableState({ steps, stepsAfterCrash, port = (disk): Disk => disk }: WholeStackOptions): CrashTest<DurableStep, Told> {
  return {
    steps: (random, depth) => (depth === 0 ? durableStepsOf(random, steps) : stepsAfterCrash === 0 ? [] : durableStepsOf(random, stepsAfterCrash)),
    run(life) {
      fixChance(life.depth + 1);
      return liveDurably(life.disk, port(life.disk), life.steps, life);
    },
    recover: recoverDurably,
    judge: judgeCut,
  };
}
