import { describe, expect, it } from "vitest";
import { decodeAggregate, encodeAggregate } from "../src/aggregate.ts";
import { type Flight, flightSource, loadFlights } from "../src/flights.ts";
import { createJob, type JobState } from "../src/job.ts";

const hour = 3_600_000;
const flight = (time: number, given: Partial<Flight> = {}): Flight => ({ time, delay: 0, distance: 100, origin: "AAA", destination: "BBB", ...given });
const flightsOf = (state: JobState, key: string): number => decodeAggregate(state.get(key) ?? encodeAggregate({ flights: 0, late: 0, delaySum: 0, worstDelay: 0, distanceSum: 0 })).flights;

describe("the job", () => {
  it("counts a flight for its airport, its route and its hour", () => {
    const job = createJob();
    for (const delay of [5, -3, 15, 16]) job.take(flight(hour, { delay }));
    expect([...job.state.keys()]).toEqual(["airport/AAA", "route/AAA-BBB", "open-hour/AAA/1"]);
    for (const value of job.state.values()) {
      expect(decodeAggregate(value)).toEqual({ flights: 4, late: 1, delaySum: 33, worstDelay: 16, distanceSum: 400 });
    }
  });

  it("keeps the worst delay of airports where every flight left early", () => {
    const job = createJob();
    for (const delay of [-9, -4]) job.take(flight(hour, { delay }));
    expect(decodeAggregate(job.state.get("airport/AAA") ?? new Uint8Array()).worstDelay).toBe(-4);
  });

  it("closes the hours of all airports once the watermark is at their end, not before", () => {
    const job = createJob();
    job.take(flight(hour));
    job.take(flight(2 * hour - 1, { origin: "CCC" }));
    expect([...job.state.keys()].filter((key) => key.startsWith("closed-hour"))).toEqual([]);
    job.take(flight(2 * hour, { origin: "DDD" }));
    expect([...job.state.keys()].filter((key) => key.includes("-hour"))).toEqual(["closed-hour/AAA/1", "closed-hour/CCC/1", "open-hour/DDD/2"]);
    expect(job.watermark).toBe(2 * hour);
  });

  it("counts a flight that comes after its hour was closed, and leaves the hour as it is", () => {
    const job = createJob();
    for (const time of [hour, 2 * hour, hour + 1]) job.take(flight(time));
    expect(flightsOf(job.state, "airport/AAA")).toBe(3);
    expect(flightsOf(job.state, "closed-hour/AAA/1")).toBe(1);
    expect(job.state.has("open-hour/AAA/1")).toBe(false);
    expect(job.watermark).toBe(2 * hour);
  });

  it("gives every change that it makes, so that the changes alone build the same state", () => {
    const rebuilt: JobState = new Map();
    const job = createJob();
    const source = flightSource(loadFlights(), 500);
    for (let event = 0; event < source.length; event++) {
      for (const { key, value } of job.take(source.at(event))) if (value) rebuilt.set(key, value);
      else rebuilt.delete(key);
    }
    expect(rebuilt).toEqual(job.state);
  });

  it("goes on from any event as if it had never stopped", () => {
    const source = flightSource(loadFlights(), 300);
    const whole = createJob();
    for (let event = 0; event < source.length; event++) whole.take(source.at(event));
    for (const cut of [1, 77, 299]) {
      const first = createJob();
      for (let event = 0; event < cut; event++) first.take(source.at(event));
      const second = createJob(new Map(first.state), first.watermark);
      for (let event = cut; event < source.length; event++) second.take(source.at(event));
      expect(second.state).toEqual(whole.state);
    }
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
