import type { SourceCall } from "./source-calls.ts";
import { placeOf } from "./source-calls.ts";
import type { Trial } from "./trials.ts";

/** Why an alteration may go unnoticed. */
export interface Reason {
  /** All of the alteration's name, or a pattern of it. */
  readonly what: string | RegExp;
  readonly why: string;
}

/** Why a call in the sources is none that a crash of the whole stack could be about. */
export interface UnreachedReason {
  readonly name: string;
  readonly receiver: string;
  readonly why: string;
}

export interface Verdict {
  readonly violations: readonly string[];
  /** Alterations that showed. */
  readonly necessary: number;
  /** Alterations that didn't, each listed with the reason. */
  readonly hygiene: number;
  /** Two calls that can't be exchanged: the program looks at what the first did before it makes the second, or makes it only where the first failed. */
  readonly inexchangeable: number;
}

/** The reason that is listed for an alteration. */
export const reasonFor = (name: string, reasons: readonly Reason[]): Reason | undefined => reasons.find(({ what }) => (typeof what === "string" ? what === name : what.test(name)));

/** What is listed as needless, and shows. */
export function wronglyListed(trials: readonly Trial[], reasons: readonly Reason[]): readonly string[] {
  return trials.flatMap(({ name, shown, what }) =>
    shown === undefined || reasonFor(name, reasons) === undefined ? [] : [`${name}: is listed as needless, and shows ${shown}: ${what}`],
  );
}

/** Each alteration shows, or is listed; and what is listed exists, and doesn't show. */
export function verdictOn(trials: readonly Trial[], reasons: readonly Reason[]): Verdict {
  const violations = [...wronglyListed(trials, reasons)];
  const used = new Set<Reason>();
  let necessary = 0;
  let hygiene = 0;
  let inexchangeable = 0;
  for (const { name, altered, states, shown } of trials) {
    const listed = reasonFor(name, reasons);
    if (listed !== undefined && altered > 0) used.add(listed);
    if (shown !== undefined) necessary++;
    else if (altered === 0) inexchangeable++;
    else if (listed !== undefined) hygiene++;
    else violations.push(`${name}: nothing shows it in ${states} states, in which it was altered ${altered} times; either nothing needs it or the proof passes it by`);
  }
  for (const reason of reasons) if (!used.has(reason)) violations.push(`${String(reason.what)}: is listed as needless, and isn't there, or was never altered`);
  return { violations, necessary, hygiene, inexchangeable };
}

/** Each call in the sources is made by the exploration, or is listed; and what is listed exists, and isn't made. */
export function unreachedIn(calls: readonly SourceCall[], reached: ReadonlySet<SourceCall>, reasons: readonly UnreachedReason[]): readonly string[] {
  const used = new Set<UnreachedReason>();
  const violations = calls.flatMap((call) => {
    const listed = reasons.find(({ name, receiver }) => name === call.name && receiver === call.receiver);
    if (listed !== undefined) used.add(listed);
    if (reached.has(call) === (listed === undefined)) return [];
    const what = `${call.name}, called on ${call.receiver} at ${placeOf(call)}`;
    return [reached.has(call) ? `${what}: is listed as one that isn't made, and is` : `${what}: the exploration never makes it`];
  });
  return [...violations, ...reasons.filter((reason) => !used.has(reason)).map(({ name, receiver }) => `${name}, called on ${receiver}: is listed, and isn't there`)];
}
