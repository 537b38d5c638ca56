import { describe, expect, it } from "vitest";
import { decode } from "../src/aggregate.ts";
import type { Flight } from "../src/flights.ts";
import { openFlights } from "../src/flights.ts";
import { apply, changesOf, closeHours, runInMemory, type State } from "../src/job.ts";
import { readOptions } from "../src/options.ts";
import { holds, proofLine, prove } from "../src/proof.ts";

const flight = (time: number, delay: number): Flight => ({ time, delay, distance: 100, origin: "AAA", destination: "BBB" });
const HOUR = 3_600_000;

describe("the job", () => {
  it("counts a flight for its airport, its route and its hour", () => {
    const state: State = new Map();
    for (const delay of [5, -3, 20]) apply(state, changesOf(state, flight(HOUR, delay)));
    expect([...state.keys()]).toEqual(["airport/AAA", "route/AAA-BBB", "hour/open/1"]);
    for (const value of state.values()) expect(decode(value)).toEqual({ flights: 3, delaySum: 25, worstDelay: 20, late: 1, distance: 300 });
  });

  it("closes an hour when the watermark has passed its end, not before", () => {
    const state: State = new Map();
    apply(state, changesOf(state, flight(HOUR, 0)));
    expect(closeHours(state, 2 * HOUR - 1)).toEqual([]);
    apply(state, closeHours(state, 2 * HOUR));
    expect([...state.keys()].filter((name) => name.startsWith("hour/"))).toEqual(["hour/closed/1"]);
  });

  it("reads 20,000 real flights in event-time order, and goes on with the same in later time", () => {
    const flights = openFlights(20_001);
    for (let i = 1; i < flights.length; i++) expect(flights.at(i).time).toBeGreaterThanOrEqual(flights.at(i - 1).time);
    expect(flights.at(20_000).origin).toBe(flights.at(0).origin);
  });
});

describe("the proof", () => {
  const expected = runInMemory(openFlights(500), 50);

  it("holds for the same state", () => {
    const proof = prove(new Map(expected), expected);
    expect([holds(proof), proofLine(proof)]).toEqual([true, "500 of 500 events counted once, 0 lost, 0 twice"]);
  });

  it("sees what is lost, what is counted twice, and any other byte", () => {
    const state = new Map(expected);
    apply(state, changesOf(state, openFlights(1).at(0)));
    expect(proofLine(prove(state, expected))).toBe("499 of 500 events counted once, 0 lost, 1 twice");
    const less = new Map(expected);
    const [name = ""] = less.keys();
    const lost = decode(less.get(name) ?? new Uint8Array(40)).flights;
    less.delete(name);
    expect(prove(less, expected)).toMatchObject({ lost, twice: 0 });
    expect(holds(prove(new Map([...expected, ["hour/closed/1", new Uint8Array(40)]]), expected))).toBe(false);
  });
});

describe("the options", () => {
  it("have defaults, take what --help says, and skip a leading separator", () => {
    expect(readOptions([])).toMatchObject({ kills: 6, events: 20_000, keep: false });
    expect(readOptions(["--", "--kills", "3", "--keep"])).toMatchObject({ kills: 3, keep: true });
  });

  it("are refused with a sentence when they make no sense", () => {
    expect(() => readOptions(["--kills", "many"])).toThrow("--kills takes a whole number");
    expect(() => readOptions(["--what"])).toThrow("--what");
  });
});
