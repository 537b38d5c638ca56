import { type Aggregate, decodeAggregate } from "./aggregate.ts";
import type { EncodedState } from "./memory-state.ts";
import { hourMilliseconds, parseKey } from "./state-keys.ts";

/** What the table says of an airport. Delays are minutes, distances miles. */
export interface AirportRow {
  readonly code: string;
  readonly flights: number;
  readonly meanDelay: number;
  readonly lateShare: number;
  readonly worstDelay: number;
  readonly meanDistance: number;
}

/** The hour of one airport in which flights left latest. */
export interface WorstHour {
  readonly code: string;
  /** `2001-02-14 17:00` */
  readonly from: string;
  readonly flights: number;
  readonly meanDelay: number;
  /** Hours closed in all. */
  readonly closedHours: number;
}

/** An airport with less than this share of all flights says little by its mean, and an hour with fewer flights than that as well. */
const shareMin = 1 / 200;
const hourFlightsMin = 3;

/** The airports with the worst mean delays among those with a fair number of flights, worst first. */
export function rankAirports(state: EncodedState, count: number): readonly AirportRow[] {
  const rows = aggregatesOf(state, "airport").map(([code, aggregate]) => rowOf(code, aggregate));
  const flights = rows.reduce((sum, row) => sum + row.flights, 0);
  return rows
    .filter((row) => row.flights >= flights * shareMin)
    .sort((a, b) => b.meanDelay - a.meanDelay || a.code.localeCompare(b.code))
    .slice(0, count);
}

/** The worst of the hours that the watermark has closed; `undefined` before there is one with some flights. */
export function findWorstHour(state: EncodedState): WorstHour | undefined {
  const hours = aggregatesOf(state, "closed-hour");
  const meanDelay = ({ delaySum, flights }: Aggregate): number => delaySum / flights;
  const worst = hours
    .filter(([, { flights }]) => flights >= hourFlightsMin)
    .reduce<(typeof hours)[number] | undefined>((a, b) => (a && meanDelay(a[1]) >= meanDelay(b[1]) ? a : b), undefined);
  if (!worst) return undefined;
  const [code = "", hour] = worst[0].split("/");
  const from = new Date(Number(hour) * hourMilliseconds).toISOString().slice(0, 16).replace("T", " ");
  return { code, from, flights: worst[1].flights, meanDelay: meanDelay(worst[1]), closedHours: hours.length };
}

function aggregatesOf(state: EncodedState, wanted: string): readonly (readonly [string, Aggregate])[] {
  return [...state].flatMap(([key, value]) => {
    const { kind, name } = parseKey(key);
    return kind === wanted ? [[name, decodeAggregate(value)] as const] : [];
  });
}

function rowOf(code: string, { flights, late, delaySum, worstDelay, distanceSum }: Aggregate): AirportRow {
  return { code, flights, meanDelay: delaySum / flights, lateShare: late / flights, worstDelay, meanDistance: distanceSum / flights };
}
