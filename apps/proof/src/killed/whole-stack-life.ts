import { nodeDisk } from "@laminar/disk";
import type { Journal } from "../whole-stack/session.ts";
import { Session } from "../whole-stack/session.ts";
import { type Opening, stepsOf } from "../whole-stack/steps.ts";
import { onceFree } from "./once-free.ts";

const STEPS = 60;
const PLAIN: Opening = { do: "open", maxRetained: 1, maxChainLength: 2 };

/** Log, checkpoints and state by hand, opened again now and then, until the process is killed. */
export async function liveByHand(directory: string, random: () => number, journal: Journal): Promise<never> {
  const open = (opening: Opening): Promise<Session> => onceFree(() => Session.open(nodeDisk, journal, opening, { directory }));
  for (;;) {
    let session = await open(PLAIN);
    for (const step of stepsOf(random, STEPS)) {
      if (step.do === "open" || step.do === "stray") {
        if (step.do === "stray") await session.leaveStray(step.changes);
        await session.close();
        session = await open(step.do === "open" ? step : PLAIN);
      } else await session.take(step);
    }
    await session.close();
  }
}
