import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { openDurableState } from "@laminar/recovery";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Aggregate, decodeAggregate, encodeAggregate } from "../src/aggregate.ts";
import { compareStates } from "../src/compare-states.ts";
import { type Flight, type FlightSource, flightSource, loadFlights } from "../src/flights.ts";
import { createJob, type Job, type JobState } from "../src/job.ts";
import { createMemoryState, type EncodedState } from "../src/memory-state.ts";
import { readState } from "../src/read-state.ts";

const hour = 3_600_000;
const flight = (time: number, given: Partial<Flight> = {}): Flight => ({ time, delay: 0, distance: 100, origin: "AAA", destination: "BBB", ...given });
/** The events from `from` to before `to`. */
function takeAll(state: JobState, source: FlightSource, from: number, to: number, watermark?: number): Job {
  const job = createJob(state, watermark);
  for (let event = from; event < to; event++) job.take(source.at(event));
  return job;
}

function stateAfter(source: FlightSource, from: number, to: number): EncodedState {
  const state = createMemoryState();
  takeAll(state, source, from, to);
  return state.encoded;
}

describe("the job", () => {
  it("counts a flight for its airport, its route and its hour", () => {
    const state = createMemoryState();
    const job = createJob(state);
    for (const delay of [5, -3, 15, 16]) job.take(flight(hour, { delay }));
    expect([...state.encoded.keys()]).toEqual(["airport/AAA", "route/AAA-BBB", "open-hour/AAA/1"]);
    for (const [, value] of state.entries()) {
      expect(value).toEqual({ flights: 4, late: 1, delaySum: 33, worstDelay: 16, distanceSum: 400 });
    }
  });

  it("keeps the worst delay of airports where every flight left early", () => {
    const state = createMemoryState();
    const job = createJob(state);
    for (const delay of [-9, -4]) job.take(flight(hour, { delay }));
    expect(state.get("airport/AAA")?.worstDelay).toBe(-4);
  });

  it("closes the hours of all airports once the watermark is at their end, not before", () => {
    const state = createMemoryState();
    const job = createJob(state);
    job.take(flight(hour));
    job.take(flight(2 * hour - 1, { origin: "CCC" }));
    expect([...state.encoded.keys()].filter((key) => key.startsWith("closed-hour"))).toEqual([]);
    job.take(flight(2 * hour, { origin: "DDD" }));
    expect([...state.encoded.keys()].filter((key) => key.includes("-hour"))).toEqual(["closed-hour/AAA/1", "closed-hour/CCC/1", "open-hour/DDD/2"]);
    expect(job.watermark).toBe(2 * hour);
  });

  it("counts a flight that comes after its hour was closed, and leaves the hour as it is", () => {
    const state = createMemoryState();
    const job = createJob(state);
    for (const time of [hour, 2 * hour, hour + 1]) job.take(flight(time));
    expect(state.get("airport/AAA")?.flights).toBe(3);
    expect(state.get("closed-hour/AAA/1")?.flights).toBe(1);
    expect(state.encoded.has("open-hour/AAA/1")).toBe(false);
    expect(job.watermark).toBe(2 * hour);
  });

  it("goes on from any event as if it had never stopped", () => {
    const source = flightSource(loadFlights(), 300);
    const whole = stateAfter(source, 0, 300);
    for (const cut of [1, 77, 299]) {
      const first = createMemoryState();
      const { watermark } = takeAll(first, source, 0, cut);
      const second = createMemoryState(first.encoded);
      takeAll(second, source, cut, 300, watermark);
      expect(second.encoded).toEqual(whole);
    }
  });

  it("makes of a durable state what it makes of one in memory, in groups that are committed, rolled back, and taken again", async () => {
    const source = flightSource(loadFlights(), 300);
    const directory = await mkdtemp(path.join(os.tmpdir(), "laminar-demo-"));
    onTestFinished(() => rm(directory, { recursive: true }));
    const open = () => openDurableState<Aggregate>({ directory, values: { encode: encodeAggregate, decode: decodeAggregate } });
    for (const [from, to] of [[0, 100], [100, 230], [230, 300]] as const) {
      const state = await open();
      const watermark = state.watermark === undefined ? undefined : Number(state.watermark);
      expect(Number(state.offsets.get("flights") ?? 0)).toBe(from);
      takeAll(state, source, from, to, watermark);
      state.rollback();
      const job = takeAll(state, source, from, to, watermark);
      await state.commit({ offsets: new Map([["flights", to]]), watermark: job.watermark });
      takeAll(state, source, to, 300, job.watermark);
      await state.close();
    }
    expect(compareStates(stateAfter(source, 0, 300), await readState(directory))).toEqual([]);
  });
});

describe("the flights", () => {
  it("are 20,000, in event-time order, and repeated in later time", () => {
    const source = flightSource(loadFlights(), 40_000);
    let ordered = 0;
    for (let event = 1; event < source.length; event++) if (source.at(event).time >= source.at(event - 1).time) ordered++;
    expect(ordered).toBe(39_999);
    expect(source.at(20_000)).toEqual({ ...source.at(0), time: source.at(0).time + 90 * 24 * hour });
    expect(() => source.at(40_000)).toThrow(RangeError);
  });
});
