import { describe, expect, it } from "vitest";
import { encodeAggregate } from "../src/aggregate.ts";
import { compareStates } from "../src/compare-states.ts";
import { flightSource, loadFlights } from "../src/flights.ts";
import { createJob } from "../src/job.ts";
import { createMemoryState, type EncodedState } from "../src/memory-state.ts";
import { formatProof, proveCounts } from "../src/proof.ts";
import { formatDifferences } from "../src/state-diff.ts";

const source = flightSource(loadFlights(), 400);

function runWith(visit: (event: number) => number): EncodedState {
  const state = createMemoryState();
  const job = createJob(state);
  for (let event = 0; event < source.length; event++) for (let time = 0; time < visit(event); time++) job.take(source.at(event));
  return state.encoded;
}

describe("the proof", () => {
  it("holds for a run that took every event once", () => {
    expect(formatProof(proveCounts(runWith(() => 1), source))).toBe("400 of 400 events counted once, 0 lost, 0 twice");
  });

  it("counts the events that were taken twice", () => {
    const state = runWith((event) => (event >= 100 && event < 117 ? 2 : 1));
    expect(formatProof(proveCounts(state, source))).toBe("383 of 400 events counted once, 0 lost, 17 twice");
  });

  it("counts the events that were lost", () => {
    const state = runWith((event) => (event >= 100 && event < 103 ? 0 : 1));
    expect(formatProof(proveCounts(state, source))).toBe("397 of 400 events counted once, 3 lost, 0 twice");
  });

  it("is not deceived by one event lost and another taken twice at the same airport", () => {
    const at = (index: number): string => source.at(index).origin;
    const other = Array.from({ length: 399 }, (_, index) => index + 1).find((index) => at(index) === at(0)) ?? 0;
    expect(other).toBeGreaterThan(0);
    const state = runWith((event) => (event === 0 ? 0 : event === other ? 2 : 1));
    expect(proveCounts(state, source)).toMatchObject({ lost: 1, twice: 1 });
  });
});

describe("the comparison", () => {
  const expected = runWith(() => 1);

  it("finds nothing in equal states, whatever their order", () => {
    expect(compareStates(expected, new Map([...expected].reverse()))).toEqual([]);
  });

  it("finds a byte, a missing key and an additional one, and shows both sides", () => {
    const [first = "", second = ""] = expected.keys();
    const actual = new Map(expected);
    actual.set(first, encodeAggregate({ flights: 9, late: 8, delaySum: 7, worstDelay: 6, distanceSum: 5 }));
    actual.delete(second);
    actual.set("route/ZZZ-ZZZ", encodeAggregate({ flights: 1, late: 0, delaySum: 0, worstDelay: 0, distanceSum: 1 }));
    const differences = compareStates(expected, actual);
    expect(differences.map(({ key }) => key)).toEqual([first, second, "route/ZZZ-ZZZ"].sort());
    const text = formatDifferences(differences);
    expect(text).toContain(`+ ${first}: 9 flights, 8 late, 7 min of delay, at worst 6, 5 mi`);
    expect(text).toContain(`+ ${second}: nothing`);
    expect(text).toContain("- route/ZZZ-ZZZ: nothing");
  });
});
