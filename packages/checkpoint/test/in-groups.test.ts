import { expect, it } from "vitest";
import { inGroups } from "../src/in-groups.ts";

const aTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it("asks about some at the same time, never about all, and answers in order", async () => {
  let [underWay, most] = [0, 0];
  const answers = await inGroups(Array.from({ length: 100 }, (_, at) => at), async (item) => {
    most = Math.max(most, ++underWay);
    for (let turns = item % 5; turns >= 0; turns--) await aTurn();
    underWay--;
    return item * 2;
  });
  expect(answers).toEqual(Array.from({ length: 100 }, (_, at) => at * 2));
  expect(most).toBe(16);
});

it("fails with the first failure in order, once nothing is under way, and asks about no later group", async () => {
  let [underWay, asked] = [0, 0];
  const failing = inGroups(Array.from({ length: 40 }, (_, at) => at), async (item) => {
    underWay++;
    asked++;
    for (let turns = 20 - item; turns > 0; turns--) await aTurn();
    underWay--;
    if (item === 3 || item === 9) throw new RangeError(`item ${item}`);
  });
  await expect(failing).rejects.toThrow("item 3");
  expect([underWay, asked]).toEqual([0, 16]);
});
