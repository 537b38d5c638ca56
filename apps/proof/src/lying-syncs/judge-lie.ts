import { goOn } from "../faults/go-on.ts";
import { momentsOf, type Recoveries } from "../faults/look.ts";
import type { Told } from "../whole-stack/promises.ts";
import type { LiedTo } from "./lies.ts";
import { isParent, type SyncPoint } from "./sync-points.ts";

const CUTS = 10;

/** What came of a lie. */
export interface Verdict {
  readonly violations: readonly string[];
  /** Images of a sync that said yes and did nothing that are refused: what is missing shows. */
  readonly refused: number;
  readonly looked: number;
}

/** Power may go now; or the process dies, another goes on, and then the power goes. */
export async function judgeLie(point: SyncPoint, liedTo: LiedTo, recoveries: Recoveries): Promise<Verdict> {
  const { disk, toldBefore } = liedTo;
  disk.plan(undefined);
  const verdict = await judgeImages(liedTo, recoveries);
  const cutsCount = toldBefore === undefined && !isParent(point.operation);
  const next = await goOn(disk.killed(), liedTo.events, { stack: point.chapter.stack, recoveries, cutsCount, cuts: CUTS, mayComeBack: liedTo.mayComeBack });
  return next === undefined ? verdict : { ...verdict, violations: [...verdict.violations, next] };
}

async function judgeImages({ disk, events, toldBefore }: LiedTo, recoveries: Recoveries): Promise<Verdict> {
  const violations: string[] = [];
  let refused = 0;
  let looked = 0;
  for (const moment of momentsOf(disk, events.length, "at the end", CUTS)) {
    looked++;
    if (toldBefore === undefined || !moment.isPowerCut) {
      const wrong = await recoveries.judge(moment, events);
      if (wrong !== undefined) violations.push(wrong);
      continue;
    }
    const found = await recoveries.of(moment.image);
    if ("refusal" in found && saysWhatIsMissing(found.refusal)) refused++;
    else {
      const kept = believedUntil(events, toldBefore);
      const wrong = await recoveries.judge({ ...moment, told: kept.length }, kept);
      if (wrong !== undefined) violations.push(wrong);
    }
  }
  return { violations, refused, looked };
}

/** What was told, as far as a disk that lied then may be held to it: nothing was durable that was said to be after that. */
function believedUntil(events: readonly Told[], toldBefore: number): readonly Told[] {
  return events.filter((event, index) => index < toldBefore || "submitted" in event);
}

/** A refusal for what is damaged or isn't there, not for a failure of the program's own. */
function saysWhatIsMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && /^(WAL_(CORRUPT|LOST_SEGMENT|SUSPECTED_DAMAGE)|CHECKPOINT_CORRUPT|RECOVERY_[A-Z_]+)$/.test(String(error.code));
}
